package tree_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestScope_233_TheFirstToFinishWinsARaceWithItsValueOrItsError(t *testing.T) {
	for name, c := range map[string]struct {
		first number
		value int
		err   error
		took  time.Duration
	}{
		"a value":   {gives(tenth, 1), 1, nil, tenth},
		"a failure": {refuses(2*tenth, errBoom), 0, errBoom, 2 * tenth},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var causes [2]error
				rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
					v, err := tree.Race(ctx, c.first, told(&causes[0], refuses(3*tenth, errBang)), told(&causes[1], gives(5*tenth, 3)))
					require.Equal(t, c.value, v)
					require.Equal(t, c.err, err, "as the function returned it")
					require.Equal(t, c.took, time.Since(start))
					require.EqualError(t, causes[0], "tree: another came first")
					require.Equal(t, causes[0], causes[1], "both had come back")
				})
				require.Empty(t, logged(rec))
			})
		})
	}
}

func TestARaceWaitsForItsLosers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
			v, err := tree.Race(ctx, gives(tenth, 1), late(2*tenth, 2, nil), late(tenth, 0, errCleanup), late(0, 0, context.Canceled))
			require.NoError(t, err)
			require.Equal(t, 1, v)
			require.Equal(t, 3*tenth, time.Since(start))
			v, err = tree.Any(ctx, gives(tenth, 1), late(tenth, 2, nil))
			require.NoError(t, err)
			require.Equal(t, 1, v, "the first stands")
			require.Equal(t, 5*tenth, time.Since(start))
		})
		require.Equal(t, []error{errCleanup}, logged(rec), "nobody else would hear of it")
	})
}

// Race is the one that stops at the first error, Any the one that goes on.
func TestScope_235_WhenAllFailARaceHasTheFirstErrorAndAnyHasAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var causes [2]error
		rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
			_, err := tree.Race(ctx, told(&causes[0], refuses(3*tenth, errBang)), refuses(tenth, errBoom), told(&causes[1], refuses(2*tenth, errBody)))
			require.Equal(t, errBoom, err)
			require.Equal(t, tenth, time.Since(start))
			require.Error(t, causes[0])
			require.Error(t, causes[1])

			causes = [2]error{}
			_, err = tree.Any(ctx, told(&causes[0], refuses(3*tenth, errBang)), refuses(tenth, errBoom), told(&causes[1], refuses(2*tenth, errBody)))
			require.Equal(t, tenth+3*tenth, time.Since(start))
			require.Equal(t, [2]error{}, causes, "nobody was canceled")
			for i, want := range []error{errBoom, errBody, errBang} { // as they came
				var failure *tree.ChildError
				require.ErrorAs(t, leavesOf(t, err)[i], &failure)
				require.Equal(t, want, failure.Err)
				require.Equal(t, "app", failure.Path)
				require.Equal(t, policy.Failed, failure.Exit)
				require.Contains(t, failure.Site, "results_helpers_test.go:")
			}
			require.Len(t, leavesOf(t, err), 3)
		})
		require.Empty(t, logged(rec))
		require.Len(t, rec.failures(), 4, "observers are told of each")
	})
}

func TestScope_236_ARaceOfNothingIsADefiniteError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, err := tree.Race[int](t.Context())
		require.Equal(t, tree.ErrNothing, err)
		require.Zero(t, v)
		_, err = tree.Any[int](t.Context())
		require.Equal(t, tree.ErrNothing, err)
		require.EqualError(t, err, "tree: nothing to run")
	})
}

// There is no policy for early success: it is the function Any.
func TestScope_052_TheFirstSuccessCancelsTheOthersWhoseCancelIsNoError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var canceled, unharmed error
		rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
			v, err := tree.Any(ctx, refuses(tenth, errBoom), gives(2*tenth, 2), told(&canceled, gives(3*tenth, 3)), late(tenth, 0, errCleanup))
			require.NoError(t, err)
			require.Equal(t, 2, v)
			require.Equal(t, 3*tenth, time.Since(start), "with the last clean-up")
			require.EqualError(t, canceled, "tree: another came first")
			unharmed = ctx.Err()
		})
		require.NoError(t, unharmed)
		require.Equal(t, []error{errCleanup}, logged(rec))
		require.Len(t, rec.failures(), 2)
	})
}

func TestARaceWhoseContextEndsSaysSoUnlessSomebodyFinishesAllTheSame(t *testing.T) {
	for name, race := range map[string]func(context.Context, ...func(context.Context) (int, error)) (int, error){
		"Race": tree.Race[int], "Any": tree.Any[int],
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				inApp(t, func(ctx context.Context, s *tree.Scope) {
					short, cancel := context.WithTimeoutCause(ctx, tenth, errReason)
					defer cancel()
					_, err := race(short, gives(time.Second, 1), gives(time.Second, 2))
					require.EqualError(t, err, "tree: app: context deadline exceeded: reason")
					require.ErrorIs(t, err, context.DeadlineExceeded)
					require.ErrorIs(t, err, errReason)
					require.Equal(t, tenth, time.Since(start))

					called := false
					_, err = race(short, func(context.Context) (int, error) { called = true; return 1, nil })
					require.ErrorIs(t, err, errReason)
					require.False(t, called)

					again, cancel := context.WithTimeout(ctx, tenth)
					defer cancel()
					v, err := race(again, gives(time.Second, 1), late(tenth, 2, nil))
					require.NoError(t, err)
					require.Equal(t, 2, v)
				})
			})
		})
	}
}

func TestAnyThatIsCutShortSaysWhoFailedAndWhatCutIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inApp(t, func(ctx context.Context, s *tree.Scope) {
			short, cancel := context.WithTimeout(ctx, 2*tenth)
			defer cancel()
			_, err := tree.Any(short, refuses(tenth, errBoom), gives(time.Second, 2), late(tenth, 0, errCleanup))
			require.ErrorIs(t, err, errBoom)
			require.ErrorIs(t, err, errCleanup)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Len(t, leavesOf(t, err), 3, "two failures, and what cut the third short")
		})
	})
}

func TestAPanicInARaceIsAResultAndReportedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := inApp(t, func(ctx context.Context, s *tree.Scope) {
			_, err := tree.Race(ctx, func(context.Context) (int, error) { panic(errBoom) }, late(0, 0, context.Canceled))
			var p *policy.PanicError
			require.ErrorAs(t, err, &p)
			require.Equal(t, errBoom, p.Value)

			_, err = tree.Race(ctx, func(context.Context) (int, error) { runtime.Goexit(); return 1, nil }, late(0, 0, context.Canceled))
			require.Equal(t, policy.ErrGoexit, err)

			v, err := tree.Any(ctx, func(context.Context) (int, error) { panic("at once") }, gives(tenth, 2))
			require.NoError(t, err)
			require.Equal(t, 2, v)

			_, err = tree.Any(ctx, func(context.Context) (int, error) { panic(errBang) })
			require.ErrorIs(t, err, errBang)
		})
		var texts []string
		for _, err := range logged(rec) {
			texts = append(texts, err.Error())
		}
		require.Equal(t, []string{"panic: boom", "policy: child called runtime.Goexit", "panic: at once", "panic: bang"}, texts)
	})
}

func TestOneWhoCancelsARaceFromInsideEndsItWithThatCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := tree.Race(t.Context(), gives(time.Second, 1), func(ctx context.Context) (int, error) {
			s, err := tree.From(ctx)
			require.NoError(t, err)
			s.Cancel(errReason)
			<-ctx.Done()
			return 0, context.Cause(ctx)
		})
		require.Error(t, err)
		require.True(t, errors.Is(err, errReason) || errors.Is(err, context.Canceled), "whichever came back first: %v", err)
	})
}

func TestANilFunctionOrContextIsRefusedByName(t *testing.T) {
	ctx := t.Context()
	called := func(context.Context) (int, error) { t.Error("called"); return 0, nil }
	var nobody context.Context
	for want, err := range map[string]error{
		"tree.Race.fs[1] = nil: must be a function":        second(tree.Race(ctx, called, nil)),
		"tree.Race.ctx = nil: must not be nil":             second(tree.Race(nobody, called)),
		"tree.Any.fs[0] = nil: must be a function":         second(tree.Any[int](ctx, nil)),
		"tree.Any.ctx = nil: must not be nil":              second(tree.Any(nobody, called)),
		"tree.Gather.fs[2] = nil: must be a function":      second(tree.Gather(ctx, called, called, nil)),
		"tree.Gather.ctx = nil: must not be nil":           second(tree.Gather(nobody, called)),
		"tree.AsCompleted.fs[1] = nil: must be a function": pairs(tree.AsCompleted(ctx, called, nil))[0].err,
		"tree.AsCompleted.ctx = nil: must not be nil":      pairs(tree.AsCompleted(nobody, called))[0].err,
	} {
		require.EqualError(t, err, want)
		var fault *policy.FieldError
		require.ErrorAs(t, err, &fault)
	}
}

// second drops a value.
func second[T any](_ T, err error) error { return err }
