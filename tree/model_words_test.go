package tree_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// atTheEnd is the time of totals.
const atTheEnd time.Duration = 1<<63 - 1

// trace is what happened, or is to happen. Lines of one instant are in the order
// of their texts: what is told at one instant is told by different goroutines.
type trace []traced

type traced struct {
	at   time.Duration
	text string
}

func (t *trace) add(at time.Duration, format string, args ...any) {
	*t = append(*t, traced{at, fmt.Sprintf(format, args...)})
}

func (t *trace) total(format string, args ...any) { t.add(atTheEnd, format, args...) }

func (t trace) sorted() trace {
	slices.SortFunc(t, traced.compare)
	return t
}

func (t traced) compare(o traced) int {
	return cmp.Or(cmp.Compare(t.at, o.at), cmp.Compare(t.text, o.text))
}

func (t traced) String() string {
	if t.at == atTheEnd {
		return fmt.Sprintf("%10s  %s", "in all", t.text)
	}
	return fmt.Sprintf("%10v  %s", t.at, t.text)
}

func (t trace) String() string {
	var lines []string
	for _, one := range t {
		lines = append(lines, one.String())
	}
	return strings.Join(lines, "\n")
}

// roleError is an error that a role made. Two of one name are the same.
type roleError string

// Error implements error.
func (n roleError) Error() string { return string(n) }

// sentinels are the errors of the library that a trace tells apart.
var sentinels = []struct {
	word string
	err  error
}{
	{"canceled", context.Canceled}, {"deadline", context.DeadlineExceeded}, {"goexit", policy.ErrGoexit},
	{"closed", tree.ErrClosed}, {"draining", tree.ErrDraining}, {"duplicate", tree.ErrDuplicate},
	{"abandoned", tree.ErrAbandoned}, {"gaveup", tree.ErrGaveUp}, {"escalated", tree.ErrEscalated},
	{"timeout", tree.ErrTimeout}, {"full", tree.ErrFull}, {"selfwait", tree.ErrSelfWait},
}

// said puts an error into words: who is behind it, whatever wraps it. The
// failures of an *Errors keep their order; otherwise there is none.
func said(err error) string {
	if err == nil {
		return "{}"
	}
	parts := []error{err}
	if all, ok := err.(*tree.Errors); ok {
		parts = all.Unwrap()
	}
	texts := make([]string, len(parts))
	for i, part := range parts {
		texts[i] = inWords(collectWords(part, nil))
	}
	return "{" + strings.Join(texts, " + ") + "}"
}

func inWords(words []string) string {
	slices.Sort(words)
	return strings.Join(slices.Compact(words), ", ")
}

// collectWords adds the words of err and of all that it wraps. An error that is
// none of those that are told apart adds nothing of its own.
func collectWords(err error, words []string) []string {
	if n, ok := err.(roleError); ok {
		return append(words, string(n))
	}
	for _, s := range sentinels {
		is, ok := err.(interface{ Is(error) bool })
		if err == s.err || ok && is.Is(s.err) {
			words = append(words, s.word)
		}
	}
	var invalid *policy.FieldError
	if errors.As(err, &invalid) && err == error(invalid) {
		words = append(words, "invalid: "+invalid.Error())
	}
	var thrown *policy.PanicError
	if errors.As(err, &thrown) && err == error(thrown) {
		words = append(words, "panic")
	}
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		for _, branch := range e.Unwrap() {
			words = collectWords(branch, words)
		}
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			words = collectWords(inner, words)
		}
	}
	return words
}

// policy returns what the facets of a scope's role say.
func (r *role) policy() policy.Scope {
	p := presets[r.Preset]
	p.Stop.Grace, p.Timeout, p.KeepErrors, p.Limit = r.Grace, r.Timeout, r.Keep, r.Limit
	if r.Kill != 0 {
		p.Stop.Kill = r.Kill
	}
	if r.Within > 0 {
		p.Intensity = policy.Intensity{Restarts: r.Restarts, Within: r.Within}
	}
	p.OnTimeout = byWord(r.OnTimeout, p.OnTimeout, policy.TimeoutFails, policy.TimeoutMovesOn)
	p.Stop.Order = byWord(r.Order, p.Stop.Order, policy.OrderByKind, policy.OrderReverse, policy.OrderTogether)
	p.Leave = byWord(r.Leave, p.Leave, policy.LeaveWait, policy.LeaveCancel, policy.LeaveDrain)
	p.Exhausted = byWord(r.Exhausted, p.Exhausted, policy.ExhaustedEscalate, policy.ExhaustedStopChild, policy.ExhaustedCoolDown)
	return p
}

// spec returns what the facets of a child's role say.
func (r *role) spec(run func(context.Context) error) tree.ChildSpec {
	spec := tree.ChildSpec{Name: r.Name, Run: run, Background: r.Background}
	spec.Stop = policy.Stop{Grace: r.Grace, Kill: r.Kill}
	if r.Backoff > 0 {
		spec.Backoff = policy.Backoff{Min: r.Backoff, Jitter: policy.JitterNone}
	}
	spec.Restart = byWord(r.Restart, policy.Permanent, policy.Permanent, policy.Transient, policy.Temporary)
	if r.OnFailure != "" {
		spec.OnFailure = new(byWord(r.OnFailure, policy.Report, policy.Report, policy.CancelTogether, policy.Supervise))
	}
	return spec
}

// byWord returns the one of values that a word stands for, or what holds when
// nothing is said.
func byWord[T fmt.Stringer](word string, unsaid T, values ...T) T {
	for _, v := range values {
		if v.String() == word {
			return v
		}
	}
	return unsaid
}
