package tree_test

import (
	"fmt"
	"strings"
	"time"
)

// A plot is a program of scopes as data: what is played on the library, what the
// model predicts, and what a failure prints. Its text is written by String and
// read by parsePlot; white space is all the same to it, so that a program of many
// lines is a flag of one.
//
//	until=1m scope s1 TaskGroup lag=1ms {
//		task t1 lag=2ms { wait 3s ctx end error }
//		wait 1s
//		end nil
//	}
type plot struct {
	Until time.Duration // when the context around all of it is canceled
	Root  *role
}

// role is what one goroutine does: the body of a scope, a task, a child, or what
// is shielded. Its name stands for it in traces and in errors.
type role struct {
	Kind   string // scope, task, child, shield
	Name   string
	Preset string // of a scope
	Facets
	Moves []move
	End   string // how it ends; see ends
}

// Facets are what may be said of a role beside its name; zero is not said. Every
// Lag is another: it passes before each move, and so no two roles ever do
// something at the same instant, and the model needs no rule for that.
type Facets struct {
	Lag        time.Duration
	Grace      time.Duration
	Kill       time.Duration
	Timeout    time.Duration
	OnTimeout  string
	Order      string
	Leave      string
	Keep       int           // KeepErrors
	Restarts   int           // of the Intensity, if there is a
	Within     time.Duration // of it
	Exhausted  string
	Limit      int
	Restart    string
	Backoff    time.Duration
	OnFailure  string
	Background bool
	Try        bool   // of a task: by TryGo
	In         string // the scope it is spawned into; "": the one around
}

// move is one thing that a role does.
type move struct {
	Do     string        // wait, start, cancel, drain, shutdown, deadline
	For    time.Duration // of wait, and of deadline from now; 0 takes it away
	Heeds  string        // what ends a wait early: ctx, draining, or nothing
	Target string        // the scope or child that it is about
	Role   *role         // of start
}

// ends are the ways in which a role can end, and what its function returns then.
var ends = []string{
	"nil",
	"error",  // an error that is its own
	"ctxerr", // ctx.Err(), which may be nil
	"cause",  // context.Cause(ctx), too
	"result", // what its last call returned, if that failed
	"panic",
	"goexit",
	"done",  // policy.Done of its own error
	"fatal", // policy.Fatal of it
}

// facets lists the facets by their word in a text.
func (f *Facets) facets() []facet {
	return []facet{
		{"lag", &f.Lag}, {"grace", &f.Grace}, {"kill", &f.Kill}, {"timeout", &f.Timeout}, {"ontimeout", &f.OnTimeout},
		{"order", &f.Order}, {"leave", &f.Leave}, {"keep", &f.Keep}, {"restarts", &f.Restarts}, {"within", &f.Within},
		{"exhausted", &f.Exhausted}, {"restart", &f.Restart}, {"backoff", &f.Backoff}, {"onfailure", &f.OnFailure},
		{"background", &f.Background}, {"limit", &f.Limit}, {"try", &f.Try}, {"in", &f.In},
	}
}

// facet is a facet's word, and where its value is.
type facet struct {
	word string
	at   any // *time.Duration, *string, *int or *bool
}

// text returns the facet as written, and nothing for what is not said.
func (f facet) text() string {
	switch at := f.at.(type) {
	case *time.Duration:
		if *at != 0 {
			return " " + f.word + "=" + spell(*at)
		}
	case *string:
		if *at != "" {
			return " " + f.word + "=" + *at
		}
	case *int:
		if *at != 0 {
			return fmt.Sprintf(" %s=%d", f.word, *at)
		}
	case *bool:
		if *at {
			return " " + f.word
		}
	}
	return ""
}

func (p *plot) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "until=%v ", p.Until)
	p.Root.write(&b, "")
	return b.String()
}

// flat returns the plot's text in one line, to be given in quotes.
func (p *plot) flat() string { return strings.Join(strings.Fields(p.String()), " ") }

// GoString is what rapid prints.
func (p *plot) GoString() string { return p.flat() }

func (r *role) write(b *strings.Builder, indent string) {
	fmt.Fprintf(b, "%s %s", r.Kind, r.Name)
	if r.Preset != "" {
		fmt.Fprintf(b, " %s", r.Preset)
	}
	for _, f := range r.facets() {
		b.WriteString(f.text())
	}
	b.WriteString(" {\n")
	for _, m := range r.Moves {
		b.WriteString(indent + "\t")
		m.write(b, indent+"\t")
		b.WriteString("\n")
	}
	fmt.Fprintf(b, "%s\tend %s\n%s}", indent, r.End, indent)
}

func (m *move) write(b *strings.Builder, indent string) {
	switch m.Do {
	case "start":
		m.Role.write(b, indent)
	case "wait":
		fmt.Fprintf(b, "wait %v %s", m.For, m.Heeds)
	case "deadline":
		fmt.Fprintf(b, "deadline %s %v", m.Target, m.For)
	default:
		fmt.Fprintf(b, "%s %s", m.Do, m.Target)
	}
}
