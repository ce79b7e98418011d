package main

import (
	"errors"
	"go/scanner"
	"io/fs"
	"strings"

	"github.com/understudy-go/understudy/policy"
)

// cause is why a file or a parser was lost, in words that many share.
type cause struct {
	kind   string // "syntax error", "unreadable", "panic" …; empty for none
	detail string // in the words of the error, without what only one file has
}

// causeOf sorts an error in.
func causeOf(err error) cause {
	var syntax scanner.ErrorList
	var path *fs.PathError
	var crash *policy.PanicError
	switch {
	case errors.Is(err, errInjected):
		return cause{kind: "injected crash"}
	case errors.As(err, &crash):
		return cause{"panic", clip(crash.Error()[len("panic: "):])}
	case errors.As(err, &syntax) && len(syntax) > 0:
		return cause{"syntax error", grammar(syntax[0].Msg)}
	case errors.As(err, &path):
		return cause{"unreadable", clip(path.Err.Error())}
	}
	return cause{"other", clip(err.Error())}
}

// grammar cuts from a syntax error what was found, and leaves what was expected.
func grammar(message string) string {
	for _, end := range []string{", found", " U+", " ("} {
		message, _, _ = strings.Cut(message, end)
	}
	return clip(message)
}

// clip keeps the beginning of a line that may be anything.
func clip(text string) string {
	const most = 60
	text, _, _ = strings.Cut(text, "\n")
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// general returns the cause without its detail.
func (c cause) general() cause { return cause{kind: c.kind} }
