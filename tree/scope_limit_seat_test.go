package tree_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// standpoint is from where a start is asked for: ask is called with a context
// there, once s is full.
type standpoint struct {
	name string
	ask  func(t *testing.T, ctx context.Context, s *tree.Scope, ask func(ctx context.Context))
}

// nested runs f as the body of a scope under ctx.
func nested(ctx context.Context, f func(ctx context.Context)) error {
	return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, _ *tree.Scope) error {
		f(ctx)
		return nil
	})
}

// asTask runs f as a task of s.
func asTask(t *testing.T, ctx context.Context, s *tree.Scope, f func(ctx context.Context)) {
	require.NoError(t, s.Go(ctx, func(ctx context.Context) error {
		f(ctx)
		return nil
	}))
}

// onPlaces are standpoints of those who have a place in s, or stand below one.
var onPlaces = []standpoint{
	{"a task", asTask},
	{"a child", func(t *testing.T, ctx context.Context, s *tree.Scope, ask func(ctx context.Context)) {
		launch(ctx, t, s, "asks", func(ctx context.Context) error { ask(ctx); return blocker(ctx) })
	}},
	{"an actor", func(t *testing.T, ctx context.Context, s *tree.Scope, ask func(ctx context.Context)) {
		require.NoError(t, spawnings[2].spawn(ctx, s, "asks", func(ctx context.Context) error { ask(ctx); return nil }))
	}},
	{"a fixed child of a supervisor", func(t *testing.T, ctx context.Context, s *tree.Scope, ask func(ctx context.Context)) {
		_, err := s.Start(ctx, supervisorSpec(tree.ChildSpec{Name: "asks", Run: func(ctx context.Context) error { ask(ctx); return blocker(ctx) }}))
		require.NoError(t, err)
	}},
	{"the body of a scope of a task", func(t *testing.T, ctx context.Context, s *tree.Scope, ask func(ctx context.Context)) {
		asTask(t, ctx, s, func(ctx context.Context) { require.NoError(t, nested(ctx, ask)) })
	}},
	{"a task of a scope of a scope of a task", func(t *testing.T, ctx context.Context, s *tree.Scope, ask func(ctx context.Context)) {
		asTask(t, ctx, s, func(ctx context.Context) {
			require.NoError(t, nested(ctx, func(ctx context.Context) {
				require.NoError(t, tree.Run(ctx, limited(policy.TaskScope, 1), func(ctx context.Context, inner *tree.Scope) error {
					asTask(t, ctx, inner, ask)
					return nil
				}))
			}))
		})
	}},
	{"a child of a scope of a child", func(t *testing.T, ctx context.Context, s *tree.Scope, ask func(ctx context.Context)) {
		launch(ctx, t, s, "outer", func(ctx context.Context) error {
			err := tree.Run(ctx, policy.TaskScope, func(ctx context.Context, inner *tree.Scope) error {
				launch(ctx, t, inner, "inner", func(ctx context.Context) error { ask(ctx); return nil })
				return nil
			})
			require.NoError(t, err)
			return blocker(ctx)
		})
	}},
	{"a scope opened without a cancel by a task", func(t *testing.T, ctx context.Context, s *tree.Scope, ask func(ctx context.Context)) {
		asTask(t, ctx, s, func(ctx context.Context) { require.NoError(t, nested(context.WithoutCancel(ctx), ask)) })
	}},
	{"a shield of a task", func(t *testing.T, ctx context.Context, s *tree.Scope, ask func(ctx context.Context)) {
		asTask(t, ctx, s, func(ctx context.Context) {
			require.NoError(t, s.Shield(ctx, "shield", func(ctx context.Context) error { ask(ctx); return nil }))
		})
	}},
	{"a task of a gather of a task", func(t *testing.T, ctx context.Context, s *tree.Scope, ask func(ctx context.Context)) {
		asTask(t, ctx, s, func(ctx context.Context) {
			_, err := tree.Gather(ctx, func(ctx context.Context) (int, error) { ask(ctx); return 0, nil })
			require.NoError(t, err)
		})
	}},
}

// elsewhere are standpoints of those who have none.
var elsewhere = []standpoint{
	{"the body", func(_ *testing.T, ctx context.Context, _ *tree.Scope, ask func(ctx context.Context)) { ask(ctx) }},
	{"the body of a scope of the body", func(t *testing.T, ctx context.Context, _ *tree.Scope, ask func(ctx context.Context)) {
		require.NoError(t, nested(ctx, ask))
	}},
	{"a task of a scope of the body", func(t *testing.T, ctx context.Context, _ *tree.Scope, ask func(ctx context.Context)) {
		require.NoError(t, tree.Run(ctx, limited(policy.TaskScope, 1), func(ctx context.Context, inner *tree.Scope) error {
			asTask(t, ctx, inner, ask)
			return nil
		}))
	}},
	{"a child of a scope of the body", func(t *testing.T, ctx context.Context, _ *tree.Scope, ask func(ctx context.Context)) {
		require.NoError(t, tree.Run(ctx, limited(policy.TaskScope, 1), func(ctx context.Context, inner *tree.Scope) error {
			launch(ctx, t, inner, "inner", func(ctx context.Context) error { ask(ctx); return nil })
			return nil
		}))
	}},
	{"an outsider", func(t *testing.T, _ context.Context, _ *tree.Scope, ask func(ctx context.Context)) { ask(t.Context()) }},
	{"a place of another tree", func(t *testing.T, _ context.Context, _ *tree.Scope, ask func(ctx context.Context)) {
		require.NoError(t, tree.Run(t.Context(), limited(policy.TaskScope, 1), func(ctx context.Context, other *tree.Scope) error {
			asTask(t, ctx, other, ask)
			return nil
		}))
	}},
}

// guises are contexts made of another, with a value, a cancel or a deadline
// of their own, or without one.
var guises = map[string]func(ctx context.Context) (context.Context, context.CancelFunc){
	"as it is": func(ctx context.Context) (context.Context, context.CancelFunc) { return ctx, func() {} },
	"with value": func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithValue(ctx, guise{}, 1), func() {}
	},
	"with timeout": func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithTimeout(ctx, time.Hour)
	},
	"without cancel": func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithCancel(context.WithoutCancel(ctx))
	},
}

// guise is the key of a value in a context.
type guise struct{}

// askFrom has the standpoint ask for a task in a scope of which the last place is
// taken 1 s after it, and returns the answer and how long it took.
func askFrom(t *testing.T, p policy.Scope, from standpoint, derive func(context.Context) (context.Context, context.CancelFunc)) (took time.Duration, answer error) {
	err := tree.Run(t.Context(), limited(p, 2), func(ctx context.Context, s *tree.Scope) error {
		require.NoError(t, s.Go(ctx, takes(10*tenth))) // else who asks alone would find room
		full, answered := make(chan struct{}), make(chan struct{})
		go func() { // for who stands on a place takes the other one himself
			synctest.Wait()
			_ = s.TryGo(t.Context(), takes(10*tenth))
			close(full)
		}()
		from.ask(t, ctx, s, func(ctx context.Context) {
			defer close(answered)
			<-full
			derived, cancel := derive(ctx)
			defer cancel()
			start := time.Now()
			answer = s.Go(derived, takes(tenth))
			took = time.Since(start)
		})
		<-answered
		synctest.Wait() // all that can end has ended
		s.Cancel(nil)
		return nil
	}, tree.WithName("app"), tree.WithObserver(&recorder{}))
	require.NoError(t, err)
	return took, answer
}

// A place is one's own through whatever scopes, shields and derived contexts.
func TestScope_188_WhoStandsOnAPlaceOfTheScopeOrBelowOneNeverWaitsForAnother(t *testing.T) {
	for _, from := range onPlaces {
		for name, derive := range guises {
			t.Run(from.name+" "+name, func(t *testing.T) {
				under(t, allPresets(), func(t *testing.T, p policy.Scope) {
					took, answer := askFrom(t, p, from, derive)
					require.EqualError(t, answer, "tree: scope full: app: who has a place in it might wait for itself")
					require.Zero(t, took)
				})
			})
		}
	}
}

func TestScope_188_TheBodyWhoeverItAsksForAndOutsidersMayWait(t *testing.T) {
	for _, from := range elsewhere {
		for name, derive := range guises {
			t.Run(from.name+" "+name, func(t *testing.T) {
				under(t, allPresets(), func(t *testing.T, p policy.Scope) {
					took, answer := askFrom(t, p, from, derive)
					require.NoError(t, answer)
					require.Equal(t, 10*tenth, took)
				})
			})
		}
	}
}

// A goroutine of its own does not make one an outsider, nor does the message of an
// actor: what says who asks is the context.
func TestWhoHandlesAMessageOnAPlaceDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, limited(policy.SupervisorScope, 1))
		answers := make(chan error, 2)
		ref, err := tree.Spawn(t.Context(), s, actor.Spec[int]{Name: "actor", New: func(context.Context, actor.Ref[int]) (actor.Receiver[int], error) {
			return actor.ReceiverFunc[int](func(ctx context.Context, _ int) error {
				answers <- s.Go(ctx, blocker)
				go func() { answers <- s.Go(ctx, blocker) }()
				return nil
			}), nil
		}})
		require.NoError(t, err)
		require.NoError(t, ref.Send(t.Context(), 1))
		for range cap(answers) {
			require.ErrorIs(t, <-answers, tree.ErrFull)
		}
	})
}
