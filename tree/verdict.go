package tree

import (
	"context"
	"reflect"

	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/policy"
)

// verdict is what is to be known of an error, in plain values.
type verdict struct {
	exit     policy.Exit
	decision policy.Decision
	ignored  bool   // the child said that it need not run
	leaves   int    // how many failures it stands for
	text     string // of the error, clipped; empty without one
}

// unreadable is the verdict on an error whose own methods do not come back.
var unreadable = verdict{exit: policy.Failed, leaves: 1, text: "tree: error called runtime.Goexit when it was read"}

// failed reports whether the exit is one to report.
func (v *verdict) failed() bool { return v.exit == policy.Failed || v.exit == policy.Panicked }

// judge reads an error by the exit table. Errors have methods of their own, and
// IsCancel is the user's, so it runs on the goroutine the error came from; a
// panic in one of them counts as the child's.
func (l *life) judge(err error, also func(error) bool) (v verdict) {
	canceled := l.Err() != nil
	if err == nil {
		return v
	}
	bad := run.Call(l, func(context.Context) error {
		v.text, v.leaves = clip(err.Error()), leavesOf(err)
		v.decision = policy.DecisionOf(err)
		leaf := l.leaf(also)
		v.exit = policy.Classify(err, canceled, leaf)
		if l.child != nil && policy.IsIgnored(err) {
			v.ignored = policy.Classify(err, true, func(e error) bool { return e == policy.ErrIgnored }) == policy.Canceled
		}
		if v.ignored {
			v.exit, v.decision = policy.Returned, policy.NoRestart
		}
		return nil
	}, false)
	if bad != nil {
		return verdict{exit: policy.Panicked, leaves: 1, text: clip(bad.Error())}
	}
	return v
}

// leaf returns the test for errors that say no more than that this life was
// canceled. An error with branches is taken apart before it comes here.
func (l *life) leaf(also func(error) bool) func(error) bool {
	return func(err error) bool { // called once the life is canceled
		s := l.own()
		timedOut := s.err == context.DeadlineExceeded
		switch {
		case err == policy.ErrGoexit:
			return false // it unwound, whatever the scope was canceled with
		case err == context.Canceled, timedOut && err == context.DeadlineExceeded, same(err, s.cause):
			return true
		case also != nil && also(err):
			return true
		}
		if r, ok := err.(*refusal); ok {
			return r.of(l)
		}
		is, ok := err.(interface{ Is(error) bool })
		return ok && (is.Is(context.Canceled) || timedOut && is.Is(context.DeadlineExceeded) || s.cause != nil && is.Is(s.cause))
	}
}

// same reports whether two errors are one, also when they cannot be compared.
func same(a, b error) bool {
	return b != nil && reflect.ValueOf(b).Comparable() && a == b
}
