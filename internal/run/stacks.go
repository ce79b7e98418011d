package run

import (
	"bytes"
	"runtime/pprof"
	"strconv"
	"strings"
)

// Stacks calls each with the stacks of all goroutines, those that are alike as one, and
// with what finds their pprof labels by key. It stops the world for a moment.
func Stacks(each func(stack string, label func(key string) string)) {
	var buf bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&buf, 1); err != nil {
		return
	}
	for group := range strings.SplitSeq(buf.String(), "\n\n") {
		_, rest, _ := strings.Cut(group, "# labels: ")
		line, _, _ := strings.Cut(rest, "\n")
		each(strings.TrimSpace(group)+"\n", func(key string) string { return labelValue(line, key) })
	}
}

// labelValue reads a label from a line of a goroutine profile.
func labelValue(line, key string) string {
	_, rest, _ := strings.Cut(line, strconv.Quote(key)+":")
	quoted, _ := strconv.QuotedPrefix(rest)
	value, _ := strconv.Unquote(quoted)
	return value
}
