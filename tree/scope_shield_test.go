package tree_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// There are two shields. Scope.Shield is for work that outlives its caller; a
// scope opened under context.WithoutCancel is a block whose caller stays with it.

// request is the context of somebody outside every scope, and its end.
func request(t *testing.T) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(context.WithValue(t.Context(), ctxKey("id"), "r1"))
	t.Cleanup(func() { cancel(nil) })
	return ctx, cancel
}

// shieldOf calls Shield aside and returns where its answer will be.
func shieldOf(ctx context.Context, s *tree.Scope, name string, f func(context.Context) error) <-chan error {
	answer := make(chan error, 1)
	go func() { answer <- s.Shield(ctx, name, f) }()
	return answer
}

func TestScope_133_TheCallerOfAShieldLeavesWhenItIsCanceledAndTheWorkGoesOnTracked(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		s, seen := openSupervisor(t, p)
		ctx, cancel := request(t)
		var done time.Duration
		answer := shieldOf(ctx, s, "save", func(ctx context.Context) error {
			err := sleep(ctx, 2*tenth)
			done = time.Since(start)
			return err
		})
		pause(tenth)
		cancel(errReason)
		require.Same(t, errReason, <-answer)
		require.Equal(t, tenth, time.Since(start), "at once")

		require.Equal(t, []string{"save running"}, slots(s.Snapshot()))
		require.Equal(t, tree.Counts{Running: 1}, s.Counts())
		child, err := s.Child("save")
		require.NoError(t, err)
		require.NoError(t, child.Wait(t.Context()))
		require.Equal(t, 2*tenth, time.Since(start))
		require.Equal(t, 2*tenth, done)
		require.Equal(t, policy.Returned, exitOf(t, child))
		require.Empty(t, seen.failures())
		s.Cancel(nil)
		require.NoError(t, s.Close())
		require.Equal(t, tree.Counts{Returned: 1}, s.Counts())
	})
}

func TestScope_133_TheCallerOfAShieldIsToldWhatTheWorkReturned(t *testing.T) {
	for name, want := range map[string]error{"nil": nil, "an error": errBoom} {
		t.Run(name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				start := time.Now()
				s, seen := openSupervisor(t, p)
				ctx, cancel := request(t)
				require.Equal(t, want, s.Shield(ctx, "save", failsAfter(tenth, want)))
				require.Equal(t, tenth, time.Since(start))
				cancel(errReason) // too late to matter
				synctest.Wait()   // all has been told
				require.Empty(t, s.Snapshot().Children)
				if want != nil {
					require.Len(t, seen.failures(), 1)
					require.True(t, seen.failures()[0].Handed, "the caller has it")
				}
				s.Cancel(nil)
				require.NoError(t, s.Close(), "it is no error of the scope")
			})
		})
	}
}

func TestScope_133_ACanceledChildLeavesItsShieldToTheScope(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		s, _ := openSupervisor(t, p)
		handler := launch(t.Context(), t, s, "handler", func(ctx context.Context) error {
			return s.Shield(ctx, "save", takes(2*tenth))
		})
		pause(tenth)
		require.NoError(t, cancelAndWait(t.Context(), handler, errReason))
		require.Equal(t, tenth, time.Since(start))
		require.Equal(t, policy.Canceled, exitOf(t, handler), "what Shield returns says no more than its cancel")
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2*tenth, time.Since(start))
		require.Equal(t, []string{"app/save returned"}, childEnds(report))
		require.NoError(t, s.Close())
	})
}

// A block is the other kind: its caller runs it, and cannot leave.
func TestScope_133_TheCallerOfABlockShieldStaysUntilItIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		ctx, cancel := request(t)
		time.AfterFunc(tenth, func() { cancel(errReason) })
		require.NoError(t, tree.Run(ctx, policy.TaskScope, func(ctx context.Context, _ *tree.Scope) error {
			require.NoError(t, tree.Run(context.WithoutCancel(ctx), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
				launch(ctx, t, s, "save", takes(2*tenth))
				return takes(2 * tenth)(ctx)
			}))
			require.Equal(t, 2*tenth, time.Since(start))
			require.Equal(t, errReason, context.Cause(ctx))
			return nil
		}))
	})
}

func TestScope_134_ADrainWaitsForShieldedWorkWithinTheGraceAndThenIsClean(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace = 3 * tenth
		start := time.Now()
		s, seen := openSupervisor(t, p)
		ctx, cancel := request(t)
		left := shieldOf(ctx, s, "left", takes(2*tenth))
		stays := shieldOf(t.Context(), s, "stays", takes(tenth))
		synctest.Wait() // both are under way
		cancel(errReason)
		require.Equal(t, errReason, <-left)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2*tenth, report.Took)
		require.Equal(t, 2*tenth, time.Since(start))
		require.True(t, report.Clean())
		require.Equal(t, []int{2, 0, 0}, []int{report.Drained, report.Canceled, report.Failed})
		require.Equal(t, []string{"app/stays returned", "app/left returned"}, childEnds(report))
		require.NoError(t, <-stays)
		require.NoError(t, s.Close())
		require.Empty(t, seen.of(tree.ScopeCanceling))
	})
}

// Where peers disagree: shielded work is bounded by grace and kill wait together,
// not by the grace: aiojobs cancels it when the grace is over.
func TestScope_134_TheEndOfTheGraceCancelsAllButTheShieldedWork(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace, p.Stop.Kill = 2*tenth, 10*tenth
		s, seen := openSupervisor(t, p)
		stubborn := shieldOf(t.Context(), s, "save", takes(5*tenth))
		worker := launch(t.Context(), t, s, "worker", blocker)
		synctest.Wait() // both are under way
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 5*tenth, report.Took)
		require.True(t, report.Clean())
		require.Equal(t, []int{0, 2, 0}, []int{report.Drained, report.Canceled, report.Failed}, "both came back after the grace")
		require.Equal(t, []string{"app/worker canceled", "app/save returned"}, childEnds(report))
		require.Equal(t, []time.Duration{2 * tenth, 5 * tenth}, []time.Duration{report.Children[0].Age, report.Children[1].Age})
		require.NoError(t, report.Children[1].Cause)
		require.Equal(t, policy.Canceled, exitOf(t, worker))
		require.NoError(t, <-stubborn)
		require.NoError(t, s.Close())
		require.Len(t, seen.of(tree.ScopeCanceling), 1)
	})
}

// Where peers disagree: it is an error and nothing runs; aiojobs takes it in
// silence and runs it untracked.
func TestScope_136_AShieldInAClosedScopeIsRefusedAndTheWorkIsNotStarted(t *testing.T) {
	never := func(context.Context) error { panic("it ran") }
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		ends := map[string]func(*tree.Scope){
			"drained":  func(s *tree.Scope) { s.Drain(nil) },
			"canceled": func(s *tree.Scope) { s.Cancel(errReason) },
		}
		for name, end := range ends {
			s, seen := openSupervisor(t, p)
			end(s)
			require.NoError(t, s.Close(), name)
			for range 2 {
				err := s.Shield(t.Context(), "save", never)
				require.ErrorIs(t, err, tree.ErrClosed, name)
				require.EqualError(t, err, "tree: scope closed: app", name)
			}
			require.Equal(t, tree.Counts{Refused: 2}, s.Counts(), name)
			require.Empty(t, seen.of(tree.ChildStarted), name)
		}
		var handle *tree.Scope
		require.NoError(t, tree.Run(t.Context(), p, func(_ context.Context, s *tree.Scope) error {
			handle = s
			return nil
		}))
		require.ErrorIs(t, handle.Shield(t.Context(), "save", never), tree.ErrClosed)
	})
	require.Equal(t, tree.ErrClosed, new(tree.Scope).Shield(t.Context(), "save", never))
}

// Our observers get no context: the path says where it was, and the work, which
// sees the values of the request, says for whom in its error.
func TestScope_137_AnErrorAfterTheCallerLeftIsReportedOnceAndTouchesNobody(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		start := time.Now()
		s, seen := openSupervisor(t, p)
		sibling := launch(t.Context(), t, s, "sibling", blocker)
		ctx, cancel := request(t)
		answer := shieldOf(ctx, s, "save", func(ctx context.Context) error {
			pause(2 * tenth)
			return fmt.Errorf("%v: %w", ctx.Value(ctxKey("id")), errBoom)
		})
		pause(tenth)
		cancel(errReason)
		require.Equal(t, errReason, <-answer)
		pause(2 * tenth)

		require.Len(t, seen.failures(), 1)
		e := seen.failures()[0]
		require.Equal(t, []any{"app/save", policy.Failed, 1, 2 * tenth, 2 * tenth, false},
			[]any{e.Path, e.Exit, e.Incarnation, e.Took, e.Time.Sub(start), e.Handed})
		require.ErrorIs(t, e.Err, errBoom)
		require.EqualError(t, e.Err, "r1: boom")
		_, over := sibling.Exit()
		require.False(t, over, "the siblings go on")
		require.Equal(t, tree.Counts{Running: 1, Failed: 1}, s.Counts())
		s.Cancel(nil)
		require.NoError(t, s.Close(), "nor is it an error of the scope")
	})
}

func TestScope_137_WithoutAnObserverTheErrorOfALeftShieldIsLoggedAndThatOfAnAnsweredOneIsNot(t *testing.T) {
	log := recordLog(t)
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		before := len(log.lines())
		s, err := tree.Open(t.Context(), p, tree.WithName("app"))
		require.NoError(t, err)
		require.Equal(t, errBang, s.Shield(t.Context(), "kept", failsAfter(tenth, errBang)))
		ctx, cancel := request(t)
		cancel(errReason)
		require.Equal(t, errReason, s.Shield(ctx, "left", failsAfter(tenth, errBoom)))
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, report.Failed)
		require.NoError(t, s.Close())
		lines := log.lines()[before:]
		require.Len(t, lines, 1)
		require.Contains(t, lines[0], `level=ERROR msg="tree: child_exited" path=app/left incarnation=1 error=boom`)
	})
}

func TestScope_139_ShieldedWorkSeesTheValuesOfTheRequestAndNeitherItsDeadlineNorItsCancel(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Timeout = time.Hour
		outside := context.WithValue(t.Context(), ctxKey("scope"), "its own")
		s, err := tree.Open(outside, p, tree.WithName("app"))
		require.NoError(t, err)
		caller, cancel := request(t)
		caller, release := context.WithTimeout(caller, time.Minute)
		defer release()
		var inside context.Context
		answer := shieldOf(caller, s, "save", func(ctx context.Context) error {
			inside = ctx
			return sleep(ctx, 2*tenth)
		})
		pause(tenth)
		synctest.Wait() // it is under way
		check := func() {
			require.Equal(t, "r1", inside.Value(ctxKey("id")))
			require.Nil(t, inside.Value(ctxKey("scope")), "only what its caller had")
			_, ok := inside.Deadline()
			require.False(t, ok, "neither the request's nor the scope's")
			require.NoError(t, inside.Err())
			require.NoError(t, context.Cause(inside))
		}
		check()
		derived, stop := context.WithTimeout(inside, time.Hour)
		defer stop()
		cancel(errReason)
		require.Equal(t, errReason, <-answer)
		check()
		s.Cancel(errBang)
		check()
		require.NoError(t, derived.Err())
		require.NoError(t, s.Close())
		require.ErrorIs(t, inside.Err(), context.Canceled, "it ends with the work")
		require.EqualError(t, context.Cause(inside), "tree: ended")
		require.Equal(t, "r1", inside.Value(ctxKey("id")))
	})
}

func TestScope_139_ABlockShieldSeesTheValuesAroundAndNeitherDeadlineNorCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := request(t)
		p := policy.TaskScope
		p.Timeout = time.Hour
		err := tree.Run(ctx, p, func(ctx context.Context, _ *tree.Scope) error {
			_, ok := ctx.Deadline()
			require.True(t, ok)
			return tree.Run(context.WithoutCancel(ctx), policy.TaskScope, func(inside context.Context, s *tree.Scope) error {
				cancel(errReason)
				<-ctx.Done()
				for _, c := range []context.Context{inside, childContext(inside, t, s)} {
					require.Equal(t, "r1", c.Value(ctxKey("id")))
					_, ok := c.Deadline()
					require.False(t, ok)
					require.NoError(t, c.Err())
					require.NoError(t, context.Cause(c))
				}
				return nil
			})
		})
		require.NoError(t, err, "what was to be done was done")
	})
}

// childContext returns the context of a child that takes a tenth of a second.
func childContext(ctx context.Context, t *testing.T, s *tree.Scope) context.Context {
	t.Helper()
	got := make(chan context.Context, 1)
	launch(ctx, t, s, "child", func(ctx context.Context) error {
		got <- ctx
		return sleep(ctx, tenth)
	})
	return <-got
}
