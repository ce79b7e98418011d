package tree_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/understudy-go/understudy/policy"
)

// spell writes a duration; the two that are no length have words.
func spell(d time.Duration) string {
	switch d {
	case policy.NoGrace:
		return "none"
	case policy.Forever:
		return "forever"
	}
	return d.String()
}

// unspell reads what spell writes.
func unspell(s string) (time.Duration, error) {
	switch s {
	case "none":
		return policy.NoGrace, nil
	case "forever":
		return policy.Forever, nil
	}
	return time.ParseDuration(s)
}

// reader takes a text apart; its first fault ends the reading.
type reader struct {
	words []string
	err   error
}

// parsePlot reads what [plot.String] writes. A line that begins with # is a comment.
func parsePlot(text string) (*plot, error) {
	in := &reader{}
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			in.words = append(in.words, strings.Fields(line)...)
		}
	}
	p := &plot{Until: time.Hour}
	if until, ok := strings.CutPrefix(in.peek(), "until="); ok {
		in.next()
		p.Until = in.duration(until)
	}
	p.Root = in.role(in.next())
	if in.err == nil && p.Root.Kind != "scope" {
		in.fail("the first role must be a scope")
	}
	if in.err == nil && len(in.words) > 0 {
		in.fail("%q stands after the end", in.words[0])
	}
	return p, in.err
}

func (in *reader) fail(format string, args ...any) {
	if in.err == nil {
		in.err = fmt.Errorf("plot: "+format, args...)
	}
	in.words = nil
}

func (in *reader) peek() string {
	if len(in.words) == 0 {
		return ""
	}
	return in.words[0]
}

func (in *reader) next() string {
	word := in.peek()
	if word == "" {
		in.fail("the text ends too early")
		return ""
	}
	in.words = in.words[1:]
	return word
}

func (in *reader) duration(word string) time.Duration {
	d, err := unspell(word)
	if err != nil {
		in.fail("%v", err)
	}
	return d
}

// role reads a role whose kind was read.
func (in *reader) role(kind string) *role {
	r := &role{Kind: kind, Name: in.next()}
	if !slices.Contains([]string{"scope", "task", "child", "shield"}, kind) {
		in.fail("%q is no role", kind)
	}
	if kind == "scope" {
		r.Preset = in.next()
		if _, ok := presets[r.Preset]; !ok {
			in.fail("%q is no preset", r.Preset)
		}
	}
	for in.err == nil && in.peek() != "{" {
		in.facet(&r.Facets, in.next())
	}
	in.next()
	for in.err == nil && in.peek() != "end" {
		r.Moves = append(r.Moves, in.move(in.next()))
	}
	in.next()
	r.End = in.next()
	if !slices.Contains(ends, r.End) {
		in.fail("%q is no end", r.End)
	}
	if brace := in.next(); brace != "}" {
		in.fail("%q stands after the end of %s", brace, r.Name)
	}
	return r
}

func (in *reader) facet(f *Facets, text string) {
	word, value, _ := strings.Cut(text, "=")
	for _, one := range f.facets() {
		if one.word != word {
			continue
		}
		switch at := one.at.(type) {
		case *time.Duration:
			*at = in.duration(value)
		case *string:
			*at = value
		case *int:
			n, err := strconv.Atoi(value)
			if *at = n; err != nil {
				in.fail("%v", err)
			}
		case *bool:
			*at = true
		}
		return
	}
	in.fail("%q is no facet", text)
}

func (in *reader) move(do string) move {
	m := move{Do: do}
	switch do {
	case "wait":
		m.For, m.Heeds = in.duration(in.next()), in.next()
		if !slices.Contains([]string{"ctx", "draining", "nothing"}, m.Heeds) {
			in.fail("%q cannot be heeded", m.Heeds)
		}
	case "cancel", "drain", "shutdown":
		m.Target = in.next()
	case "deadline":
		m.Target, m.For = in.next(), in.duration(in.next())
	default:
		m.Do, m.Role = "start", in.role(do)
	}
	return m
}
