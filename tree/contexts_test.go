package tree_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// ctxKey is the type of the keys of values in contexts.
type ctxKey string

// lives are the contexts of all that a scope runs code under, by what it is.
type lives map[string]context.Context

// everyLife gathers them in a supervisor that was opened on ctx, and lets each
// run until its context ends.
func everyLife(t *testing.T, ctx context.Context, s *tree.Scope) lives {
	got := make(chan context.Context)
	hold := func(ctx context.Context) error {
		got <- ctx
		<-ctx.Done()
		return ctx.Err()
	}
	l := lives{"body": ctx}
	require.NoError(t, s.Go(ctx, hold))
	l["task"] = <-got
	_, err := s.Start(ctx, tree.ChildSpec{Name: "child", Run: hold})
	require.NoError(t, err)
	l["child"] = <-got
	_, err = s.Start(ctx, tree.ChildSpec{Name: "sup", Policy: new(policy.SupervisorScope), Children: []tree.ChildSpec{{Name: "grandchild", Run: func(ctx context.Context) error {
		go func() { got <- ctx }()
		<-ctx.Done()
		return ctx.Err()
	}}}})
	require.NoError(t, err)
	l["grandchild"] = <-got
	ref, err := tree.Spawn(ctx, s, actor.Spec[int]{Name: "actor", New: func(context.Context, actor.Ref[int]) (actor.Receiver[int], error) {
		return actor.ReceiverFunc[int](func(ctx context.Context, _ int) error { got <- ctx; return nil }), nil
	}})
	require.NoError(t, err)
	require.NoError(t, ref.Send(ctx, 1))
	l["actor"] = <-got
	return l
}

// derivations are the ways to make a context of another. What they return lets
// it go.
var derivations = map[string]func(context.Context) (context.Context, func()){
	"WithCancel": func(ctx context.Context) (context.Context, func()) {
		ctx, cancel := context.WithCancel(ctx)
		return ctx, cancel
	},
	"WithCancelCause": func(ctx context.Context) (context.Context, func()) {
		ctx, cancel := context.WithCancelCause(ctx)
		return ctx, func() { cancel(nil) }
	},
	"WithTimeout": func(ctx context.Context) (context.Context, func()) {
		ctx, cancel := context.WithTimeout(ctx, time.Hour)
		return ctx, cancel
	},
	"WithDeadlineCause": func(ctx context.Context) (context.Context, func()) {
		ctx, cancel := context.WithDeadlineCause(ctx, time.Now().Add(time.Hour), errors.New("late"))
		return ctx, cancel
	},
	"AfterFunc": func(ctx context.Context) (context.Context, func()) {
		stop := context.AfterFunc(ctx, func() {})
		return ctx, func() { stop() }
	},
	"WithCancelWithCancel": func(ctx context.Context) (context.Context, func()) {
		one, cancelOne := context.WithCancel(ctx)
		two, cancelTwo := context.WithCancel(one)
		return two, func() { cancelTwo(); cancelOne() }
	},
}

func TestDerivedContextsStartNoGoroutine(t *testing.T) {
	for way, derive := range derivations {
		t.Run(way, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				require.NoError(t, tree.Run(t.Context(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
					for what, ctx := range everyLife(t, ctx, s) {
						synctest.Wait()
						before := runtime.NumGoroutine()
						var letGo []func()
						for range 100 {
							_, f := derive(ctx)
							letGo = append(letGo, f)
						}
						synctest.Wait()
						more := runtime.NumGoroutine() - before // those of other bubbles may be ending
						require.Less(t, more, 10, "derived from that of the %s", what)
						for _, f := range letGo {
							f()
						}
					}
					s.Cancel(nil)
					return nil
				}))
			})
		})
	}
}

// causes are the ways a life is canceled: each is given a supervisor's scope
// and what cancels the context it was opened on, and says what the cause is.
var causes = map[string]func(s *tree.Scope, parent context.CancelCauseFunc) (cause error){
	"Cancel": func(s *tree.Scope, _ context.CancelCauseFunc) error {
		cause := errors.New("because")
		s.Cancel(cause)
		return cause
	},
	"parent": func(_ *tree.Scope, parent context.CancelCauseFunc) error {
		cause := errors.New("parent's")
		parent(cause)
		return cause
	},
	"parent without a cause": func(_ *tree.Scope, parent context.CancelCauseFunc) error {
		parent(nil)
		return context.Canceled
	},
}

func TestTheCauseIsRightInEverythingDerived(t *testing.T) {
	for kind, end := range causes {
		for way, derive := range derivations {
			t.Run(kind+"/"+way, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { causeOfDerived(t, end, derive) })
			})
		}
	}
}

func causeOfDerived(t *testing.T, end func(*tree.Scope, context.CancelCauseFunc) error, derive func(context.Context) (context.Context, func())) {
	parent, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	all := lives{}
	var cause error
	_ = tree.Run(parent, policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
		all = everyLife(t, ctx, s)
		for what, ctx := range all {
			require.NoError(t, ctx.Err(), what)
			require.NoError(t, context.Cause(ctx), what)
			before, letGo := derive(ctx)
			defer letGo()
			defer func() {
				synctest.Wait()
				require.ErrorIs(t, before.Err(), context.Canceled, "%s, derived before", what)
				require.Equal(t, cause, context.Cause(before), "%s, derived before", what)
			}()
		}
		cause = end(s, cancel)
		synctest.Wait()
		return nil
	})
	for what, ctx := range all {
		require.Equal(t, context.Canceled, ctx.Err(), what)
		require.Equal(t, cause, context.Cause(ctx), what)
		after, letGo := derive(ctx)
		require.Equal(t, context.Canceled, after.Err(), "%s, derived after", what)
		require.Equal(t, cause, context.Cause(after), "%s, derived after", what)
		require.Equal(t, cause, context.Cause(context.WithValue(after, ctxKey("k"), 1)), "%s, derived after", what)
		letGo()
	}
}
