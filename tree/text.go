package tree

import (
	"fmt"
	"strings"
	"time"
)

// clip bounds a text that is kept.
func clip(text string) string { return cut(text, 256) }

// line is as much of a text as fits on a line of a page.
func line(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	return cut(text, 80)
}

// cut returns at most so many bytes of a text, and no half of a character.
func cut(text string, most int) string {
	const more = "..."
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-len(more)], "") + more
}

// rounded drops the digits of a duration that nobody reads.
func rounded(d time.Duration) time.Duration {
	switch {
	case d >= time.Second:
		return d.Round(time.Millisecond)
	case d >= time.Millisecond:
		return d.Round(time.Microsecond)
	}
	return d
}

// plural counts things in words.
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
