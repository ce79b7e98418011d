package tree_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

var errEnough = errors.New("enough")

// impatient returns a context that ends after d with errEnough.
func impatient(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), d, errEnough)
	t.Cleanup(cancel)
	return ctx
}

func TestStartReturnsOnceTheChildIsReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		p := newProbe(&trail{}, "c")
		p.startWait = time.Second
		begun := time.Now()
		child, err := s.Start(t.Context(), p.spec(policy.Permanent))
		require.NoError(t, err)
		require.Equal(t, time.Second, time.Since(begun))
		require.Equal(t, policy.SlotRunning, child.State())
		synctest.Wait()
		require.Len(t, seen.of(tree.ChildReady), 1)
		require.Equal(t, time.Second, seen.of(tree.ChildReady)[0].Time.Sub(begun))
	})
}

func TestAStarterWhoseTimeIsUpTakesTheChildBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		s, _ := openSupervisor(t, bounded())
		p := newProbe(log, "c")
		p.startWait = time.Hour
		begun := time.Now()
		child, err := s.Start(impatient(t, time.Second), p.spec(policy.Permanent))
		require.Nil(t, child)
		require.Equal(t, errEnough, err)
		require.Equal(t, time.Second, time.Since(begun))
		require.Equal(t, []string{"c stopping"}, slots(s.Snapshot()))
		require.NoError(t, sleep(t.Context(), 2*time.Second+ms))
		require.Empty(t, s.Snapshot().Children, "its grace is over, and its name free")
		require.Equal(t, []string{"start c#1"}, log.list())
	})
}

func TestAStarterWhoseTimeIsUpTakesAWholeSupervisorBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		s, _ := openSupervisor(t, bounded())
		a, b, c := newProbe(log, "a"), newProbe(log, "b"), newProbe(log, "c")
		b.startWait = 2 * time.Second
		_, err := s.Start(impatient(t, time.Second), supervisorSpec(
			a.spec(policy.Permanent), b.spec(policy.Permanent), c.spec(policy.Permanent)))
		require.Equal(t, errEnough, err)
		require.NoError(t, sleep(t.Context(), 10*time.Second))
		require.Empty(t, s.Snapshot().Children)
		require.Equal(t, []string{"start a#1", "up a", "start b#1", "up b", "stopping b", "down b", "stopping a", "down a"},
			log.list(), "c is not started any more")
	})
}

func TestAChildThatReturnsBeforeItIsReadyIsNoStart(t *testing.T) {
	for name, c := range map[string]struct {
		run  func(context.Context) error
		text string
		is   error
	}{
		"nil":    {func(context.Context) error { return nil }, "app/c: tree: child was not ready", tree.ErrNotReady},
		"error":  {func(context.Context) error { return errCrash }, "app/c: crash", errCrash},
		"goexit": {func(ctx context.Context) error { return policy.ErrGoexit }, "app/c: policy: child called runtime.Goexit", policy.ErrGoexit},
		"done":   {func(context.Context) error { return policy.Done(errCrash) }, "app/c: crash", errCrash},
	} {
		t.Run(name, func(t *testing.T) {
			for _, r := range []policy.Restart{policy.Permanent, policy.Transient, policy.Temporary} {
				synctest.Test(t, func(t *testing.T) {
					s, _ := openSupervisor(t, policy.SupervisorScope)
					child, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: c.run, WaitReady: true, Restart: r})
					require.Nil(t, child)
					require.ErrorIs(t, err, c.is)
					require.EqualError(t, err, c.text)
					failed := new(tree.ChildError)
					require.ErrorAs(t, err, &failed)
					require.Equal(t, "app/c", failed.Path)
					synctest.Wait()
					require.Empty(t, s.Snapshot().Children)
					require.Zero(t, s.Snapshot().Counts.Restarts)
				})
			}
		})
	}
}

func TestAStarterIsAnsweredWhenTheScopeIsShutDownMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, bounded())
		go func() {
			if sleep(t.Context(), time.Second) == nil {
				_, _ = s.Shutdown(t.Context())
			}
		}()
		begun := time.Now()
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: drainer, WaitReady: true})
		require.ErrorIs(t, err, tree.ErrNotReady)
		require.Equal(t, time.Second, time.Since(begun))
		require.NoError(t, s.Close())
	})
}

func TestReadyIsSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		second := make(chan error, 1)
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", WaitReady: true, Run: func(ctx context.Context) error {
			if err := tree.ReadyWith(ctx, 1); err != nil {
				return err
			}
			second <- tree.ReadyWith(ctx, 2)
			return drainer(ctx)
		}})
		require.NoError(t, err)
		err = <-second
		require.ErrorIs(t, err, tree.ErrReady)
		require.EqualError(t, err, "tree: child was ready already: app/c")
		synctest.Wait()
		require.Equal(t, 1, child.Info(), "the first word stands")
	})
}

// A child need not be waited for to say that it is ready.
func TestReadyOfAChildNobodyWaitsForKeepsItsInfo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: func(ctx context.Context) error {
			if err := errors.Join(sleep(ctx, time.Second), tree.ReadyWith(ctx, ":8080")); err != nil {
				return err
			}
			return drainer(ctx)
		}})
		require.NoError(t, err)
		require.Nil(t, child.Info())
		require.NoError(t, sleep(t.Context(), time.Second+ms))
		require.Equal(t, ":8080", child.Info())
		require.Len(t, seen.of(tree.ChildReady), 1)
	})
}

func TestReadyBelongsToChildrenOnly(t *testing.T) {
	require.ErrorIs(t, tree.Ready(t.Context()), tree.ErrNoScope)
	synctest.Test(t, func(t *testing.T) {
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			require.ErrorIs(t, tree.Ready(ctx), tree.ErrNoScope)
			return s.Go(ctx, func(ctx context.Context) error {
				if err := tree.Ready(ctx); !errors.Is(err, tree.ErrNoScope) {
					return errors.Join(errCrash, err)
				}
				return nil
			})
		}, tree.WithObserver(&recorder{}))
		require.NoError(t, err)
	})
}

func TestASlowStartHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, bounded())
		slow := newProbe(&trail{}, "slow")
		slow.startWait = time.Hour
		started := make(chan error, 1)
		go func() {
			_, err := s.Start(t.Context(), slow.spec(policy.Permanent))
			started <- err
		}()
		synctest.Wait()
		begun := time.Now()
		a := startProbes(t, s, &trail{}, policy.Permanent, "a")["a"]
		a.exits <- errCrash
		synctest.Wait()
		require.EqualValues(t, 2, a.starts.Load())
		require.Equal(t, []string{"slow starting", "a running"}, slots(s.Snapshot()))
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2*time.Second, time.Since(begun), "no longer than its grace")
		require.Equal(t, 1, report.Drained)
		require.Equal(t, 1, report.Canceled)
		require.ErrorIs(t, <-started, context.Canceled)
	})
}
