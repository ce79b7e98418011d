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

// What a block shield was to do is cut by the last call, and its caller is not told
// that it was done.
func TestABlockShieldThatTheLastCallCutsSaysSo(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Kill = 10 * time.Second
		s, _ := openSupervisor(t, p)
		answer := make(chan error, 1)
		require.NoError(t, s.Go(t.Context(), func(ctx context.Context) error {
			answer <- tree.Run(context.WithoutCancel(ctx), unhurried(), func(ctx context.Context, s *tree.Scope) error {
				return s.Go(ctx, takes(time.Minute))
			})
			return ctx.Err()
		}))
		synctest.Wait() // it is under way
		s.Cancel(errReason)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 9*time.Second, report.Took)
		err = <-answer
		require.ErrorIs(t, err, context.Canceled)
		require.EqualError(t, err, "tree: app: context canceled: tree: kill wait nearly over")
		require.NoError(t, s.Close())
	})
}

// groups are supervisors whose restarts take others along.
func groups(t *testing.T, scenario func(t *testing.T, p policy.Scope)) {
	inGroups(t, func(t *testing.T, strategy policy.Strategy) {
		p := policy.SupervisorScope
		p.Strategy = strategy
		scenario(t, p)
	})
}

// failsOnce fails after d in its first incarnation and then blocks; it notes when
// each began.
func failsOnce(d time.Duration, log *trail) func(context.Context) error {
	start, lives := time.Now(), 0
	return func(ctx context.Context) error {
		lives++
		log.add(fmt.Sprintf("%d at %v", lives, time.Since(start)))
		if lives == 1 {
			pause(d)
			return errBoom
		}
		return blocker(ctx)
	}
}

func TestAGroupRestartNeitherStopsNorAwaitsNorRepeatsWhatIsShielded(t *testing.T) {
	groups(t, func(t *testing.T, p policy.Scope) {
		s, _ := openSupervisor(t, p)
		var lives trail
		launch(t.Context(), t, s, "first", failsOnce(tenth, &lives))
		runs := 0
		start := time.Now()
		err := s.Shield(t.Context(), "save", func(ctx context.Context) error {
			runs++
			return sleep(ctx, time.Hour)
		})
		require.NoError(t, err)
		require.Equal(t, time.Hour, time.Since(start))
		require.Equal(t, []string{"1 at 0s", "2 at 100ms"}, lives.list())
		require.Equal(t, 1, runs)
		s.Cancel(nil)
		require.NoError(t, s.Close())
	})
}

func TestAChildThatItsGroupStopsMayShieldItsCleanUp(t *testing.T) {
	groups(t, func(t *testing.T, p policy.Scope) {
		s, _ := openSupervisor(t, p)
		var lives trail
		start := time.Now()
		launch(t.Context(), t, s, "first", failsOnce(tenth, &lives))
		launch(t.Context(), t, s, "second", func(ctx context.Context) error {
			<-tree.Draining(ctx)
			err := s.Shield(context.WithoutCancel(ctx), "cleanup", takes(tenth))
			lives.add(fmt.Sprintf("clean at %v", time.Since(start)))
			return err
		})
		pause(time.Minute)
		require.Equal(t, []string{"1 at 0s", "clean at 200ms", "2 at 200ms"}, lives.list())
		require.NoError(t, cancelAndClose(s))
	})
}

// cancelAndClose ends a scope of blockers.
func cancelAndClose(s *tree.Scope) error {
	s.Cancel(nil)
	return s.Close()
}

func TestAShieldDoesNotWaitForTheDelayOfAGroup(t *testing.T) {
	groups(t, func(t *testing.T, p policy.Scope) {
		s, _ := openSupervisor(t, p)
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "first", Run: failsAfter(tenth, errBoom),
			Backoff: policy.Backoff{Min: time.Hour, Max: time.Hour, Factor: 1}})
		require.NoError(t, err)
		pause(2 * tenth)
		start := time.Now()
		require.NoError(t, s.Shield(t.Context(), "save", takes(tenth)))
		require.Equal(t, tenth, time.Since(start))
		require.NoError(t, cancelAndClose(s))
	})
}

// Whoever asks for a shield is answered, whatever becomes of the scope.
func TestAShieldIsAnsweredWhenTheScopeEndsWhileAGroupWaits(t *testing.T) {
	for name, end := range map[string]func(*tree.Scope){"drained": func(s *tree.Scope) { s.Drain(nil) }, "canceled": func(s *tree.Scope) { s.Cancel(nil) }} {
		t.Run(name, func(t *testing.T) {
			groups(t, func(t *testing.T, p policy.Scope) {
				s, _ := openSupervisor(t, p)
				_, err := s.Start(t.Context(), tree.ChildSpec{Name: "first", Run: failsAfter(tenth, errBoom),
					Backoff: policy.Backoff{Min: time.Hour, Max: time.Hour, Factor: 1}})
				require.NoError(t, err)
				pause(2 * tenth)
				answer := shieldOf(t.Context(), s, "save", takes(tenth))
				synctest.Wait() // it has been asked for
				end(s)
				impatient, stop := context.WithTimeout(t.Context(), time.Minute)
				defer stop()
				select {
				case err := <-answer:
					require.NoError(t, err)
				case <-impatient.Done():
					t.Error("nobody answered")
				}
				require.NoError(t, s.Close())
			})
		})
	}
}
