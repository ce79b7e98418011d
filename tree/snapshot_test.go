package tree_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// slowActor takes a second for each message.
func slowActor(name string) actor.Spec[int] {
	return actor.Spec[int]{Name: name, New: func(context.Context, actor.Ref[int]) (actor.Receiver[int], error) {
		return actor.ReceiverFunc[int](func(ctx context.Context, _ int) error { return sleep(ctx, time.Second) }), nil
	}}
}

// busyTree fills a supervisor with one of everything, and returns at 5 s.
func busyTree(t *testing.T, ctx context.Context, s *tree.Scope) {
	var lives atomic.Int32
	_, err := s.Start(ctx, tree.ChildSpec{Name: "reader", Run: func(ctx context.Context) error {
		if lives.Add(1) == 1 {
			_ = sleep(ctx, 2*time.Second)
			return io.ErrUnexpectedEOF
		}
		return drainer(ctx)
	}, Backoff: backoff(time.Second)})
	require.NoError(t, err)
	_, err = s.Start(ctx, tree.ChildSpec{Name: "migrate", Restart: policy.Transient, Run: func(context.Context) error { return nil }})
	require.NoError(t, err)
	_, err = s.Start(ctx, tree.ChildSpec{Name: "ingest", Policy: new(policy.SupervisorScope), Children: []tree.ChildSpec{
		{Name: "parse", Run: drainer},
		{Name: "deep", Policy: new(policy.SupervisorScope), Children: []tree.ChildSpec{{Name: "core", Run: drainer}}},
	}})
	require.NoError(t, err)
	_, err = s.Start(ctx, tree.ChildSpec{Name: "waiting", Backoff: policy.Backoff{Min: time.Minute, Max: time.Minute, Jitter: policy.JitterNone},
		Run: func(context.Context) error { return errors.New("no luck") }})
	require.NoError(t, err)
	ref, err := tree.Spawn(ctx, s, slowActor("index"))
	require.NoError(t, err)
	require.NoError(t, s.Go(ctx, func(ctx context.Context) error {
		return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			<-tree.Draining(ctx)
			return nil
		}, tree.WithName("batch"))
	}))
	require.NoError(t, sleep(ctx, 4500*time.Millisecond))
	for range 3 {
		require.NoError(t, ref.Send(ctx, 1))
	}
	require.NoError(t, sleep(ctx, 500*time.Millisecond))
	synctest.Wait()
}

func TestASnapshotDrawsTheTree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := tree.Run(t.Context(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
			busyTree(t, ctx, s)
			require.Equal(t, strings.TrimPrefix(`
app  open 5s, tasks 1, returned 1, failed 2, restarts 1
├─ reader  running 2s #2 permanent, last failed: unexpected EOF
├─ migrate  stopped 0s #1 transient
├─ ingest  running 5s #1 permanent
│  ├─ parse  running 5s #1 permanent
│  └─ deep  running 5s #1 permanent
│     └─ core  running 5s #1 permanent
├─ waiting  delayed 0s #1 permanent, due in 55s, last failed: no luck
├─ index  running 5s #1 permanent, 2 queued
└─ batch  open 5s
`, "\n"), s.Snapshot().String())
			return nil
		}, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
	})
}

func TestASnapshotIsData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var snap tree.Snapshot
		err := tree.Run(t.Context(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
			busyTree(t, ctx, s)
			snap = s.Snapshot()
			return nil
		}, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		require.Equal(t, "app", snap.Path)
		require.Equal(t, tree.PhaseOpen, snap.Phase)
		require.Equal(t, policy.SupervisorScope.WithDefaults(), snap.Policy)
		require.Equal(t, 5*time.Second, snap.Age)
		require.Equal(t, tree.Counts{Running: 4, Returned: 1, Failed: 2, Restarts: 1}, snap.Counts)
		require.Len(t, snap.Children, 5)
		reader := snap.Children[0]
		require.Regexp(t, `^snapshot_test\.go:\d+$`, reader.Site)
		reader.Site = ""
		require.Equal(t, tree.ChildSnapshot{Name: "reader", State: policy.SlotRunning, Incarnation: 2, Age: 2 * time.Second,
			LastExit: policy.Failed, LastError: "unexpected EOF", Messages: -1}, reader)
		require.Equal(t, "app/ingest/deep", snap.Children[2].Scopes[0].Children[1].Scopes[0].Path)
		require.Equal(t, 2, snap.Children[4].Messages)
		require.Equal(t, "app/batch", snap.Scopes[0].Path)
	})
}

func TestASnapshotSaysHowFarTheEndIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		p := policy.SupervisorScope
		p.Stop = policy.Stop{Grace: time.Second, Kill: time.Second}
		s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "stuck", Run: stubborn(gate)})
		require.NoError(t, err)
		require.Equal(t, "app  open 0s\n└─ stuck  running 0s #1 permanent\n", s.Snapshot().String())
		go s.Close()
		synctest.Wait()
		require.Equal(t, "app  draining 0s\n└─ stuck  stopping 0s #1 permanent\n", s.Snapshot().String())
		require.NoError(t, sleep(t.Context(), 1500*time.Millisecond))
		require.Equal(t, "app  canceling 1.5s\n└─ stuck  stopping 1.5s #1 permanent\n", s.Snapshot().String())
		require.ErrorIs(t, s.Close(), tree.ErrAbandoned)
		require.Equal(t, "app  closed 2s\n└─ stuck  abandoned 2s #1 permanent\n", s.Snapshot().String())
		open()
		synctest.Wait()
		require.Equal(t, "app  closed 2s, returned 1\n└─ stuck  stopped 2s #1 permanent\n", s.Snapshot().String())
	})
}

func TestASnapshotShowsTheScopeOfAnEndedChild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		err := tree.Run(t.Context(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
			defer open()
			_, err := s.Start(ctx, tree.ChildSpec{Name: "opener", Restart: policy.Temporary, Run: func(ctx context.Context) error {
				below, err := tree.Open(ctx, policy.TaskScope, tree.WithName("below"))
				if err != nil {
					return err
				}
				return below.Go(ctx, stubborn(gate)) // and returns without Close
			}})
			require.NoError(t, err)
			synctest.Wait()
			snap := s.Snapshot()
			require.Zero(t, snap.Tasks, "there is only the body")
			require.Contains(t, snap.String(), "below", "it still runs")
			return nil
		}, tree.WithName("app"), tree.WithObserver(&recorder{}))
		require.NoError(t, err)
	})
}

func TestASnapshotCountsNoTaskThatIsNotThere(t *testing.T) {
	p := policy.SupervisorScope
	err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
		for range 20_000 {
			_, err := s.Start(ctx, tree.ChildSpec{Name: "one", Restart: policy.Temporary, Run: func(context.Context) error { return nil }})
			if err != nil && !errors.Is(err, tree.ErrDuplicate) {
				return err
			}
			if n := s.Snapshot().Tasks; n != 0 {
				t.Errorf("%d tasks, of which there is none", n)
				return nil
			}
		}
		return nil
	}, tree.WithObserver(tree.ObserverFunc(func(tree.Event) {})))
	require.NoError(t, err)
}

func TestSnapshotsOfTheZeroAndTheClosedScope(t *testing.T) {
	var zero tree.Scope
	require.Equal(t, tree.PhaseClosed, zero.Snapshot().Phase)
	synctest.Test(t, func(t *testing.T) {
		var kept *tree.Scope
		require.NoError(t, tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			kept = s
			return s.Go(ctx, func(context.Context) error { return nil })
		}, tree.WithName("app")))
		require.Equal(t, "app  closed 0s, returned 1\n", kept.Snapshot().String())
	})
}
