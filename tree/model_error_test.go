package tree_test

import (
	"strings"

	"github.com/understudy-go/understudy/policy"
)

// simErr is an error in the model: the word for it, and what it wraps. Which
// error it is, is which pointer it is.
type simErr struct {
	word  string // "" for one that has no word in a trace
	of    []*simErr
	list  bool      // it is the *Errors of a scope: the order of its failures counts
	child bool      // it tells of a child or scope, whose own decision is settled
	by    *simScope // who refused a start with it
	done  bool      // policy.Done
	fatal bool      // policy.Fatal
}

// The errors that are nobody's in particular.
var (
	errIsCanceled  = &simErr{word: "canceled"}
	errIsDeadline  = &simErr{word: "deadline"}
	errIsGoexit    = &simErr{word: "goexit"}
	errIsShutdown  = &simErr{}
	errIsAsked     = &simErr{}
	errBodyLeft    = &simErr{}
	errBodyThrew   = &simErr{}
	errLastCall    = &simErr{}
	errChildsGrace = &simErr{}
	errBackground  = &simErr{}
	errAllEnded    = &simErr{}
)

// said is the model's side of the function of that name.
func (e *simErr) said() string {
	if e == nil {
		return "{}"
	}
	parts := []*simErr{e}
	if e.list {
		parts = e.of
	}
	texts := make([]string, len(parts))
	for i, part := range parts {
		texts[i] = inWords(part.words(nil))
	}
	return "{" + strings.Join(texts, " + ") + "}"
}

func (e *simErr) words(words []string) []string {
	if e.word != "" {
		words = append(words, e.word)
	}
	for _, inner := range e.of {
		words = inner.words(words)
	}
	return words
}

// leaves counts the failures in an error, as KeepErrors does.
func (e *simErr) leaves() int {
	switch {
	case e.list:
		n := 0
		for _, part := range e.of {
			n += part.leaves()
		}
		return n
	case e.child && len(e.of) > 0:
		return e.of[len(e.of)-1].leaves()
	}
	return 1
}

// decision is the outermost Done or Fatal of an error.
func (e *simErr) decision() policy.Decision {
	switch {
	case e == nil || e.child:
		return policy.ByRestart
	case e.done:
		return policy.NoRestart
	case e.fatal:
		return policy.Escalate
	}
	for _, inner := range e.of {
		if d := inner.decision(); d != policy.ByRestart {
			return d
		}
	}
	return policy.ByRestart
}

// exitOf is the exit table.
func (l *simLife) exitOf(e *simErr) policy.Exit {
	switch {
	case e == nil:
		return policy.Returned
	case e.word == "panic":
		return policy.Panicked
	case l.err != nil && l.saysNoMore(e):
		return policy.Canceled
	}
	return policy.Failed
}

// saysNoMore reports whether an error says no more than that the life was
// canceled: each of its branches does.
func (l *simLife) saysNoMore(e *simErr) bool {
	switch {
	case e == errIsGoexit:
		return false
	case e == errIsCanceled, e == l.cause, e == errIsDeadline && l.err == errIsDeadline:
		return true
	case e.by != nil:
		return e.by.owns(l)
	case len(e.of) == 0:
		return false
	}
	for _, branch := range e.of {
		if !l.saysNoMore(branch) {
			return false
		}
	}
	return true
}

// failed reports whether an exit is one to report.
func failed(e policy.Exit) bool { return e == policy.Failed || e == policy.Panicked }
