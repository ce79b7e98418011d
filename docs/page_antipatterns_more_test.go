package docs_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// Bad: it ends when jobs does, whatever is asked of it.
func workDeaf(_ context.Context, jobs <-chan func()) error {
	for job := range jobs {
		job()
	}
	return nil
}

// Better: when it is asked to end it finishes the job in hand, and takes no other.
func workHearing(ctx context.Context, jobs <-chan func()) error {
	for {
		select {
		case job := <-jobs:
			job()
		case <-tree.Draining(ctx): // closed by a cancel too
			return nil
		}
	}
}

func TestADeafChildHoldsUpTheShutdownForGraceAndKillWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jobs := make(chan func())
		s := alone(t, tree.ChildSpec{Name: "deaf", Run: func(ctx context.Context) error { return workDeaf(ctx, jobs) }})
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, policy.DefaultGrace+policy.DefaultKill, report.Took)
		require.Len(t, report.Abandoned, 1)
		close(jobs)
		require.ErrorIs(t, s.Close(), tree.ErrAbandoned)

		s = alone(t, tree.ChildSpec{Name: "hearing", Run: func(ctx context.Context) error { return workHearing(ctx, make(chan func())) }})
		report, err = s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Zero(t, report.Took)
		require.True(t, report.Clean())
		require.NoError(t, s.Close())
	})
}

// Bad: when the server is gone the flush waits for ever, and so does the stop.
func flushUnbounded(ctx context.Context, flush func(context.Context) error) error {
	<-ctx.Done()
	return flush(context.Background())
}

// Better: the flush may outlive ctx, by so much.
func flushBounded(ctx context.Context, flush func(context.Context) error) error {
	<-ctx.Done()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	return flush(last)
}

func TestACleanUpWithoutABoundIsAbandoned(t *testing.T) {
	for _, c := range []struct {
		run       func(context.Context, func(context.Context) error) error
		took      time.Duration
		abandoned int
	}{{flushUnbounded, 35 * time.Second, 1}, {flushBounded, 8 * time.Second, 0}} {
		synctest.Test(t, func(t *testing.T) {
			back := make(chan struct{}) // the server is
			s := alone(t, tree.ChildSpec{Name: "writer", Run: func(ctx context.Context) error {
				return c.run(ctx, func(ctx context.Context) error {
					select {
					case <-back:
						return nil
					case <-ctx.Done():
						return ctx.Err()
					}
				})
			}})
			report, err := s.Shutdown(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.took, report.Took)
			require.Len(t, report.Abandoned, c.abandoned)
			close(back)
			_ = s.Close() // its error is in the report
		})
	}
}

// Bad: to the scope this is a child that failed with somebody's cancel: its own
// context was not canceled.
func stopBadly(ctx context.Context, watch func(context.Context, context.CancelFunc)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watch(ctx, cancel) // calls cancel when it has seen enough
	<-ctx.Done()
	return ctx.Err()
}

// Better: what was meant is that it is done.
func stopWell(ctx context.Context, watch func(context.Context, context.CancelFunc)) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	watch(inner, cancel)
	<-inner.Done()
	return ctx.Err() // nil, unless the child itself was canceled
}

func TestAForeignCancelIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		enough := func(_ context.Context, cancel context.CancelFunc) { cancel() }
		require.Equal(t, policy.Failed, exitOf(t, func(ctx context.Context) error { return stopBadly(ctx, enough) }))
		require.Equal(t, policy.Returned, exitOf(t, func(ctx context.Context) error { return stopWell(ctx, enough) }))
	})
}

// Bad: four tries take a microsecond, and the server needs a second.
func dialAtOnce(run func(context.Context) error) tree.ChildSpec {
	return tree.ChildSpec{Name: "client", Run: run}
}

// Better: it comes up without the server, and is there when the server is.
func dialWithWaits(run func(context.Context) error) tree.ChildSpec {
	return tree.ChildSpec{
		Name:      "client",
		Run:       run,
		Backoff:   policy.Backoff{Min: 100 * time.Millisecond, Max: 10 * time.Second},
		Intensity: policy.Intensity{Restarts: 2, Within: 10 * time.Second}, // less than the scope's
		Exhausted: policy.ExhaustedCoolDown,
	}
}

func TestAClientWithoutABackoffIsGivenUpBeforeItsServerIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		run := func(ctx context.Context) error {
			if time.Since(begun) < time.Minute {
				return errors.New("connection refused")
			}
			return untilAsked(ctx)
		}
		require.ErrorIs(t, alone(t, dialAtOnce(run)).Wait(t.Context()), tree.ErrGaveUp)
		require.Zero(t, time.Since(begun))

		s := alone(t, dialWithWaits(run))
		require.NoError(t, pass(t.Context(), 2*time.Minute))
		require.Equal(t, 1, s.CountChildren().Active)
		require.NoError(t, s.Close())
	})
}

// Bad: the restarts of all are paid from one budget, and the api goes with it.
func flat(api tree.ChildSpec, feeds ...tree.ChildSpec) tree.ChildSpec {
	return tree.ChildSpec{Name: "app", Policy: new(policy.SupervisorScope), Children: append([]tree.ChildSpec{api}, feeds...)}
}

// Better: what fails often has a supervisor, whose end is one restart above.
func deep(api tree.ChildSpec, feeds ...tree.ChildSpec) tree.ChildSpec {
	return tree.ChildSpec{Name: "app", Policy: new(policy.SupervisorScope), Children: []tree.ChildSpec{
		api,
		{Name: "feeds", Policy: new(policy.SupervisorScope), Children: feeds},
	}}
}

func TestInAFlatTreeTheFeedsEndTheApi(t *testing.T) {
	for _, c := range []struct {
		shape func(tree.ChildSpec, ...tree.ChildSpec) tree.ChildSpec
		ends  bool
	}{{flat, true}, {deep, false}} {
		synctest.Test(t, func(t *testing.T) {
			failures := 4 // of the feed, in a row, and no more
			feed := tree.ChildSpec{Name: "feed", Run: func(ctx context.Context) error {
				if failures--; failures >= 0 {
					return errCrash
				}
				return untilAsked(ctx)
			}}
			s, err := tree.Boot(t.Context(), c.shape(tree.ChildSpec{Name: "api", Run: untilAsked}, feed), unheard)
			require.NoError(t, err)
			synctest.Wait() // the feed runs, or all is over
			if c.ends {
				require.ErrorIs(t, s.Wait(t.Context()), tree.ErrGaveUp)
				return
			}
			api, err := s.Child("api")
			require.NoError(t, err)
			require.Equal(t, 1, api.Incarnation())
			require.Equal(t, policy.SlotRunning, api.State())
			require.NoError(t, s.Close())
		})
	}
}

// Bad: the child holds the handle, so that a Close that was forgotten is never seen,
// and it can call Close itself, which waits for the child.
func captured(s *tree.Scope) func(context.Context) error {
	return func(context.Context) error {
		return s.Close()
	}
}

// Better: ask ctx for the scope, and ask the scope to end without waiting for it.
func asked(ctx context.Context) error {
	s, err := tree.From(ctx)
	if err != nil {
		return err
	}
	s.Drain(errors.New("nothing left to do"))
	return nil
}

func TestAChildThatClosesTheScopeThatWaitsForItIsAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := alone(t)
		begun := time.Now()
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "last", Run: captured(s)})
		require.NoError(t, err)
		require.ErrorIs(t, s.Wait(t.Context()), tree.ErrAbandoned)
		require.Equal(t, 35*time.Second, time.Since(begun))

		s = alone(t)
		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "last", Run: asked})
		require.NoError(t, err)
		require.NoError(t, s.Wait(t.Context()))
		require.Equal(t, 35*time.Second, time.Since(begun), "at once")
		require.NoError(t, s.Close())
	})
}

// Bad: the map that made it fail is there again when it comes back.
func shared() tree.ChildSpec {
	seen := map[string]int{}
	return tree.ChildSpec{Name: "counter", Run: func(ctx context.Context) error { return count(ctx, seen) }}
}

// Better: an incarnation begins with what it can make or read anew.
func fresh() tree.ChildSpec {
	return tree.ChildSpec{Name: "counter", Run: func(ctx context.Context) error {
		return count(ctx, map[string]int{})
	}}
}

// count fails once it finds what it left half done.
func count(ctx context.Context, seen map[string]int) error {
	if seen["half done"] > 0 {
		return errCrash
	}
	seen["half done"]++
	if ch, err := tree.Self(ctx); err != nil || ch.Incarnation() == 1 {
		return errCrash
	}
	return untilAsked(ctx)
}

func TestStateThatOutlivesAnIncarnationBringsItsFaultBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		require.ErrorIs(t, alone(t, shared()).Wait(t.Context()), tree.ErrGaveUp)
		s := alone(t, fresh())
		synctest.Wait() // it has failed once and is back
		require.Equal(t, 1, s.CountChildren().Active)
		require.NoError(t, s.Close())
	})
}

// Bad: each helper that has done its part ends the server.
func allMatter(serve, warmUp func(context.Context) error) tree.ChildSpec {
	p := policy.SupervisorScope
	p.Auto = policy.AutoAnySignificant
	return tree.ChildSpec{Name: "session", Policy: &p, Children: []tree.ChildSpec{
		{Name: "server", Run: serve, Restart: policy.Transient, Significant: true},
		{Name: "warmup", Run: warmUp, Restart: policy.Transient, Significant: true},
	}}
}

// Better: the one child without which the scope has no purpose.
func oneMatters(serve, warmUp func(context.Context) error) tree.ChildSpec {
	spec := allMatter(serve, warmUp)
	spec.Children[1].Significant = false
	return spec
}

func TestASignificantHelperEndsTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		warmUp := func(context.Context) error { return nil }
		s, err := tree.Boot(t.Context(), allMatter(untilAsked, warmUp), unheard)
		require.NoError(t, err)
		require.NoError(t, s.Wait(t.Context()))
		require.NoError(t, s.Close())

		s, err = tree.Boot(t.Context(), oneMatters(untilAsked, warmUp), unheard)
		require.NoError(t, err)
		synctest.Wait() // it is warm
		require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
		require.NoError(t, s.Close())
	})
}

// names is a registry that others look at too.
type names struct{ taken sync.Map }

func (n *names) take(name string) error {
	if _, taken := n.taken.LoadOrStore(name, true); taken {
		return fmt.Errorf("%s is taken", name)
	}
	return nil
}

// Bad: the name is free a second after the exit, and the next incarnation is there
// before that.
func leased(n *names, work func() error) error {
	if err := n.take("writer"); err != nil {
		return err
	}
	defer time.AfterFunc(time.Second, func() { n.taken.Delete("writer") })
	return work()
}

// Better: the exit is the last thing that happens, and the name is free by then.
func released(n *names, work func() error) error {
	if err := n.take("writer"); err != nil {
		return err
	}
	defer n.taken.Delete("writer")
	return work()
}

func TestANameThatIsFreeAfterTheExitOnlyIsNotFreeForTheRestart(t *testing.T) {
	for _, c := range []struct {
		run  func(*names, func() error) error
		last string
	}{{leased, "writer is taken"}, {released, "crash"}} {
		synctest.Test(t, func(t *testing.T) {
			n := &names{}
			s := alone(t, tree.ChildSpec{Name: "writer", Run: func(context.Context) error {
				return c.run(n, func() error { return errCrash })
			}})
			require.EqualError(t, s.Wait(t.Context()), "tree: restart intensity exceeded: app/writer: "+c.last)
			require.NoError(t, pass(t.Context(), time.Second)) // the timer is gone
		})
	}
}
