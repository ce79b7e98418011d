package docs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// alone boots a SupervisorScope called "app" with these children, in a bubble.
func alone(t *testing.T, children ...tree.ChildSpec) *tree.Scope {
	t.Helper()
	s, err := tree.Boot(t.Context(), tree.ChildSpec{Name: "app", Policy: new(policy.SupervisorScope), Children: children}, unheard)
	require.NoError(t, err)
	return s
}

// exitOf runs a child once and returns how it came back.
func exitOf(t *testing.T, run func(context.Context) error) policy.Exit {
	t.Helper()
	s := alone(t)
	ch, err := s.Start(t.Context(), tree.ChildSpec{Name: "once", Run: run, Restart: policy.Temporary})
	require.NoError(t, err)
	_ = ch.Wait(t.Context()) // its exit is what is asked for
	exit, ended := ch.Exit()
	require.True(t, ended)
	require.NoError(t, s.Close())
	return exit
}

// Bad: nobody waits for pump, and a panic in it ends the process.
func serveBare(ctx context.Context, pump, listen func(context.Context) error) error {
	go pump(ctx)
	return listen(ctx)
}

// Better: it ends before serve returns, and its failure is serve's.
func serveOwned(ctx context.Context, pump, listen func(context.Context) error) error {
	return tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
		if err := s.Go(ctx, pump); err != nil {
			return err
		}
		return listen(ctx)
	})
}

func TestABareGoroutineOutlivesItsChildAndItsErrorIsLost(t *testing.T) {
	for _, serve := range []func(context.Context, func(context.Context) error, func(context.Context) error) error{serveBare, serveOwned} {
		synctest.Test(t, func(t *testing.T) {
			gone := make(chan struct{})
			pump := func(ctx context.Context) error {
				defer close(gone)
				_ = pass(context.WithoutCancel(ctx), time.Second)
				return errCrash
			}
			err := serve(t.Context(), pump, func(context.Context) error { return nil })
			select {
			case <-gone:
				require.ErrorIs(t, err, errCrash)
			default:
				require.NoError(t, err, "the bare one: nobody knows")
			}
			<-gone
		})
	}
}

// Bad: a Permanent child that returns nil is a service that is missing.
func importBadly(run func(context.Context) error) tree.ChildSpec {
	return tree.ChildSpec{Name: "import", Run: run}
}

// Better: to return nil is to have finished.
func importWell(run func(context.Context) error) tree.ChildSpec {
	return tree.ChildSpec{Name: "import", Run: run, Restart: policy.Transient}
}

func TestPermanentWorkThatFinishesEndsItsSupervisor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		work := func(context.Context) error { runs++; return nil }
		err := alone(t, importBadly(work)).Wait(t.Context())
		require.EqualError(t, err, "tree: restart intensity exceeded: app/import: returned nil, which is no end for a Permanent child")
		require.Equal(t, 4, runs)

		s := alone(t, importWell(work))
		synctest.Wait() // it has finished
		require.NoError(t, s.Close())
		require.Equal(t, 5, runs)
	})
}

// Bad: whatever is wrong is now tried a thousand times a second, and nobody hears.
func hideFault() policy.Scope {
	p := policy.SupervisorScope
	p.Intensity = policy.Intensity{Restarts: 1000, Within: time.Second}
	return p
}

// Better: with a wait in between it can be tried for an hour, and then somebody does.
func tryForAWhile() policy.Scope {
	p := policy.SupervisorScope
	p.Backoff = policy.Backoff{Min: 100 * time.Millisecond, Max: time.Minute}
	p.Intensity = policy.Intensity{Restarts: 60, Within: 2 * time.Hour}
	return p
}

func TestAnIntensityThatHidesAFaultIsAHotLoop(t *testing.T) {
	for _, c := range []struct {
		policy policy.Scope
		runs   int
		hours  int
	}{{hideFault(), 1001, 0}, {tryForAWhile(), 61, 1}} {
		synctest.Test(t, func(t *testing.T) {
			runs, begun := 0, time.Now()
			s, err := tree.Open(t.Context(), c.policy, unheard, tree.WithRandom(func() float64 { return 0.999 }))
			require.NoError(t, err)
			_, err = s.Start(t.Context(), tree.ChildSpec{Name: "broken", Run: func(context.Context) error { runs++; return errCrash }})
			require.NoError(t, err)
			require.ErrorIs(t, s.Wait(t.Context()), tree.ErrGaveUp)
			require.Equal(t, c.runs, runs)
			require.Equal(t, c.hours, int(time.Since(begun).Round(30*time.Minute).Hours()))
		})
	}
}

// Bad: the writer waits for a sibling that is started after it is up.
func waitForTheNext(dbUp chan struct{}) []tree.ChildSpec {
	writer := tree.ChildSpec{Name: "writer", WaitReady: true, Run: func(ctx context.Context) error {
		<-dbUp
		return errors.Join(tree.Ready(ctx), untilAsked(ctx))
	}}
	return []tree.ChildSpec{writer, database(dbUp)}
}

// Better: who is needed stands first, and a start does not wait for siblings.
func neededFirst(dbUp chan struct{}) []tree.ChildSpec {
	writer := tree.ChildSpec{Name: "writer", WaitReady: true, Run: func(ctx context.Context) error {
		return errors.Join(tree.Ready(ctx), untilAsked(ctx)) // dbUp is closed by now
	}}
	return []tree.ChildSpec{database(dbUp), writer}
}

func database(up chan struct{}) tree.ChildSpec {
	return tree.ChildSpec{Name: "database", WaitReady: true, Run: func(ctx context.Context) error {
		close(up)
		return errors.Join(tree.Ready(ctx), untilAsked(ctx))
	}}
}

func TestAStartThatWaitsForTheNextSiblingNeverBoots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := make(chan struct{})
		p := policy.SupervisorScope
		p.Stop = policy.Stop{Grace: time.Second, Kill: time.Second}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := tree.Boot(ctx, tree.ChildSpec{Name: "app", Policy: &p, Children: waitForTheNext(up)}, unheard)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		close(up) // nobody else did

		require.NoError(t, alone(t, neededFirst(make(chan struct{}))...).Close())
	})
}

// Bad: what was a panic with a stack is a line in a log, and nothing restarts.
func recovering(step func()) error {
	defer func() {
		if v := recover(); v != nil {
			slog.Warn("recovered", "value", v)
		}
	}()
	step()
	return nil
}

// Better: the scope recovers, reports with the stack, and starts from a fresh state.
func panicking(step func()) error {
	step()
	return nil
}

func TestAChildThatRecoversLooksAsIfItHadFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := logged(t)
		bug := func() { panic("bug") }
		require.Equal(t, policy.Returned, exitOf(t, func(context.Context) error { return recovering(bug) }))
		require.Contains(t, log.String(), "recovered")
		require.Equal(t, policy.Panicked, exitOf(t, func(context.Context) error { return panicking(bug) }))
	})
}

// logged returns what slog.Default logs until the test ends.
func logged(t *testing.T) *bytes.Buffer {
	var b bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&b, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return &b
}

// Bad: it is seen twice, once without a path, and looks like two failures.
func logAndReturn(step func() error) error {
	if err := step(); err != nil {
		slog.Error("step failed", "error", err)
		return err
	}
	return nil
}

// Better: say what is known here; whoever answers the failure has it logged.
func wrapAndReturn(step func() error) error {
	if err := step(); err != nil {
		return fmt.Errorf("step: %w", err)
	}
	return nil
}

func TestLoggingAndReturningIsTwoLines(t *testing.T) {
	for _, c := range []struct {
		run   func(func() error) error
		lines int
	}{{logAndReturn, 2}, {wrapAndReturn, 1}} {
		synctest.Test(t, func(t *testing.T) {
			log := logged(t)
			err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
				return s.Go(ctx, func(context.Context) error { return c.run(func() error { return errCrash }) })
			})
			require.NoError(t, err)
			require.Equal(t, c.lines, strings.Count(log.String(), "\n"), log.String())
		})
	}
}
