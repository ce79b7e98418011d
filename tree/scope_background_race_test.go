package tree_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// manor is a scope of workers and daemons that come and go at random.
type manor struct {
	t    *testing.T
	s    *tree.Scope
	mu   sync.Mutex // guards dice
	dice *rand.Rand

	names           atomic.Int64
	workers, last   atomic.Int64 // at work; when the last one ended, since the start
	daemons, served atomic.Int64 // alive; ended
	start           time.Time
}

func (m *manor) roll(n int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dice.IntN(n)
}

func (m *manor) name() string { return fmt.Sprint("n", m.names.Add(1)) }

// worker is somebody for whom daemons are there.
func (m *manor) worker(depth int) func(ctx context.Context) error {
	m.workers.Add(1) // before it runs, so that nobody sees a gap
	d, way := time.Duration(m.roll(4))*tenth, m.roll(8)
	return func(ctx context.Context) error {
		defer func() {
			m.last.Store(int64(time.Since(m.start)))
			m.workers.Add(-1)
		}()
		_ = sleep(ctx, d)
		switch {
		case depth == 0:
		case way < 3:
			m.hire(ctx, depth-1)
		case way < 5:
			m.serve(ctx)
		case way == 5:
			_ = nested(ctx, func(ctx context.Context) { m.hire(ctx, depth-1); _ = sleep(ctx, d) })
		case way == 6:
			_ = m.s.Shield(ctx, m.name(), func(ctx context.Context) error { // which may outlive its caller
				defer func() { m.last.Store(int64(time.Since(m.start))) }()
				return sleep(ctx, d)
			})
		}
		return ctx.Err()
	}
}

// hire has a worker come, in one way or another.
func (m *manor) hire(ctx context.Context, depth int) {
	way := spawnings[m.roll(2)]
	if way.spawn(ctx, m.s, m.name(), m.worker(depth)) != nil {
		m.workers.Add(-1)
	}
}

// daemon lives until it is canceled, or ends by itself.
func (m *manor) daemon() func(ctx context.Context) error {
	d, way := time.Duration(m.roll(5))*tenth, m.roll(6)
	cleanup := time.Duration(m.roll(2)) * tenth
	return func(ctx context.Context) error {
		m.daemons.Add(1)
		defer func() {
			m.daemons.Add(-1)
			m.served.Add(1)
		}()
		switch way {
		case 0:
			return sleep(ctx, d)
		case 1:
			if sleep(ctx, d) == nil {
				return errCrash
			}
		case 2:
			_ = nested(ctx, func(ctx context.Context) { <-ctx.Done() })
		case 3:
			_ = tree.Run(ctx, policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
				_ = s.Go(ctx, blocker)
				<-ctx.Done()
				return nil
			})
		}
		<-ctx.Done()
		if context.Cause(ctx).Error() == textBackground && m.workers.Load() > 0 {
			m.t.Errorf("a daemon was canceled with %d workers left", m.workers.Load())
		}
		pause(cleanup)
		return ctx.Err()
	}
}

// serve has a daemon come.
func (m *manor) serve(ctx context.Context) {
	spec := tree.ChildSpec{Name: m.name(), Background: true, Run: m.daemon(), Backoff: policy.Backoff{Min: tenth, Jitter: policy.JitterNone}}
	if m.roll(4) == 0 {
		p := policy.SupervisorScope
		spec = tree.ChildSpec{Name: spec.Name, Background: true, Policy: &p, Children: []tree.ChildSpec{{Name: "fixed", Run: blocker}}}
	}
	_, _ = m.s.Start(ctx, spec)
}

// live runs the scope; end ends it at some time, or nil for nobody does.
func (m *manor) live(p policy.Scope, end func(s *tree.Scope)) error {
	ctx, watchdog := context.WithTimeout(context.Background(), time.Hour)
	defer watchdog()
	m.start = time.Now()
	return tree.Run(ctx, p, func(ctx context.Context, s *tree.Scope) error {
		m.s = s
		if end != nil {
			time.AfterFunc(time.Duration(m.roll(12))*tenth, func() { end(s) })
		}
		for range 2 + m.roll(3) {
			m.serve(ctx)
			m.hire(ctx, 4)
		}
		_ = sleep(ctx, time.Duration(m.roll(5))*tenth)
		m.serve(ctx)
		if p.End == policy.EndOnShutdown {
			s.Drain(nil)
		}
		m.last.Store(int64(time.Since(m.start)))
		return nil
	}, tree.WithObserver(&recorder{}))
}

func TestBackgroundChildrenAreLeftAloneAndEndWhateverComesAndGoes(t *testing.T) {
	rounds := 50
	if testing.Short() {
		rounds = 5
	}
	ends := map[string]func(s *tree.Scope){"nobody": nil,
		"drain":  func(s *tree.Scope) { s.Drain(errReason) },
		"cancel": func(s *tree.Scope) { s.Cancel(errReason) },
	}
	for _, preset := range allPresets() {
		for how, end := range ends {
			for range rounds {
				seed := rand.Uint64()
				t.Run(fmt.Sprintf("%s/%s/%d", preset.name, how, seed), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						p := preset.policy
						p.Stop.Grace, p.Stop.Kill = time.Minute, 10*time.Minute
						switch p.OnFailure {
						case policy.Supervise:
							p.Intensity = policy.Intensity{Restarts: 1000, Within: time.Minute}
						case policy.CancelTogether:
							p.OnFailure = policy.Report // a crash is to cancel nobody
						}
						m := &manor{t: t, dice: rand.New(rand.NewPCG(seed, 0))}
						require.NoError(t, m.live(p, end))
						took := time.Since(m.start)
						require.Equal(t, []int64{0, 0}, []int64{m.workers.Load(), m.daemons.Load()})
						late := took - time.Duration(m.last.Load())
						require.LessOrEqual(t, late, 2*tenth, "nobody waits for what is done: of %v", took)
						n := m.s.Counts()
						require.Zero(t, n.Running)
					})
				})
			}
		}
	}
}
