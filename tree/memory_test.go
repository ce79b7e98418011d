package tree_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// bigError holds on to 64 kB, and says so at length.
type bigError struct{ text string }

func (e *bigError) Error() string { return e.text }

func newBigError() error { return &bigError{strings.Repeat("x", 64<<10)} }

// oneInTen fails with a big error when i is a multiple of ten.
func oneInTen(i int) func(context.Context) error {
	return func(context.Context) error {
		if i%10 == 0 {
			return newBigError()
		}
		return nil
	}
}

// nobody is an observer that does not look.
func nobody() tree.Option { return tree.WithObserver(tree.ObserverFunc(func(tree.Event) {})) }

// opened opens a scope for many to come and go in, until the test ends.
func opened(t *testing.T, p policy.Scope, opts ...tree.Option) *tree.Scope {
	s, err := tree.Open(t.Context(), p, append(opts, tree.WithName("crowd"))...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// settled waits until all that came has gone, its events included.
func settled(t *testing.T, s *tree.Scope) {
	for s.Snapshot().Tasks > 0 {
		require.NoError(t, t.Context().Err())
		runtime.Gosched()
	}
}

// tasks runs n plain tasks in s, a few at a time.
func tasks(t *testing.T, s *tree.Scope, n int) {
	var all sync.WaitGroup
	for i := range n {
		run := oneInTen(i)
		all.Add(1)
		err := s.Go(t.Context(), func(ctx context.Context) error {
			defer all.Done()
			return run(ctx)
		})
		if err != nil { // require costs too much here
			t.Fatal(err)
		}
		if i%64 == 0 {
			all.Wait()
		}
	}
	all.Wait()
	settled(t, s)
}

// children runs n named children in s, each with a name of its own, and waits for
// each.
func children(t *testing.T, s *tree.Scope, n int, spec tree.ChildSpec) {
	for i := range n {
		spec.Name, spec.Run = "child-"+strconv.Itoa(i), oneInTen(i)
		ch, err := s.Start(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		if err := ch.Wait(t.Context()); err != nil && len(err.Error()) != 64<<10 {
			t.Fatal(err)
		}
	}
	settled(t, s)
}

// Ten million, but for a run that is to be short: nine million tasks and a million
// named children, in one scope, one in ten failing with 64 kB.
func TestScope_200_TenMillionChildrenLeaveTheHeapAsItWas(t *testing.T) {
	s := opened(t, policy.TaskScope, nobody())
	ran, failed := 0, 0
	flat(t, crowd(10_000_000), func(n int) {
		n -= n % 100 // so that a tenth of each kind fails
		tasks(t, s, n-n/10)
		children(t, s, n/10, tree.ChildSpec{})
		ran, failed = ran+n, failed+n/10
	})
	counts := s.Snapshot().Counts
	require.Equal(t, int64(failed), counts.Failed)
	require.Equal(t, int64(ran-failed), counts.Returned)
}

func TestTasksThatEndedLeaveNothingBehindUnderEveryPreset(t *testing.T) {
	for _, p := range append(taskPresets()[1:], preset{"SupervisorScope", policy.SupervisorScope}) {
		t.Run(p.name, func(t *testing.T) {
			s := opened(t, p.policy, nobody())
			flat(t, crowd(200_000), func(n int) { tasks(t, s, n) })
		})
	}
}

func TestChildrenThatEndedLeaveNothingBehind(t *testing.T) {
	for name, c := range map[string]struct {
		policy policy.Scope
		spec   tree.ChildSpec
	}{
		"temporary":                    {policy.SupervisorScope, tree.ChildSpec{Restart: policy.Temporary}},
		"that only report":             {policy.TaskGroup, tree.ChildSpec{OnFailure: new(policy.Report)}},
		"in the background":            {policy.TaskScope, tree.ChildSpec{Background: true}},
		"of which a supervisor may be": {policy.SupervisorScope, tree.ChildSpec{OnFailure: new(policy.Report)}},
	} {
		t.Run(name, func(t *testing.T) {
			s := opened(t, c.policy, nobody())
			flat(t, crowd(100_000), func(n int) { children(t, s, n, c.spec) })
		})
	}
}

// The default reporter folds repeats. For that it remembers at most 128 lines, of
// two texts each.
func TestChildrenWhoseFailuresAreLoggedLeaveNothingBehind(t *testing.T) {
	logger := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	t.Cleanup(func() { slog.SetDefault(logger) })
	s := opened(t, policy.TaskScope)
	remembered := live{objects: 3 * 128, bytes: 128 << 10}
	flatBut(t, remembered, crowd(200_000), func(n int) { children(t, s, n, tree.ChildSpec{}) })
}

// churns are other things that come and go in a scope of their own.
var churns = map[string]func(t *testing.T, s *tree.Scope, i int){
	"children that are canceled": func(t *testing.T, s *tree.Scope, i int) {
		ch := launch(t.Context(), t, s, "child", blocker)
		ch.Cancel(newBigError())
		require.NoError(t, ch.Wait(t.Context()))
	},
	"children that are not ready": func(t *testing.T, s *tree.Scope, i int) {
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "child", WaitReady: true, Run: oneInTen(10 * i)})
		require.Error(t, err)
	},
	"nested scopes": func(t *testing.T, s *tree.Scope, i int) {
		ch := launch(t.Context(), t, s, "child", func(ctx context.Context) error {
			return tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
				return s.Go(ctx, oneInTen(i))
			}, tree.WithName("nested"))
		})
		_ = ch.Wait(t.Context())
	},
	"supervisors": func(t *testing.T, s *tree.Scope, i int) {
		ch, err := s.Start(t.Context(), supervisorSpec(tree.ChildSpec{Name: "child", Run: drainer}))
		require.NoError(t, err)
		require.NoError(t, ch.Shutdown(t.Context()))
	},
	"actors": func(t *testing.T, s *tree.Scope, i int) {
		ref, err := tree.Spawn(t.Context(), s, actor.Spec[int]{Name: "actor", New: constructor(oneInTen(10*i + 1))})
		require.NoError(t, err)
		require.NoError(t, ref.Send(t.Context(), i))
		ch, err := s.Child("actor")
		require.NoError(t, err)
		require.NoError(t, ch.Shutdown(t.Context()))
	},
	"panics": func(t *testing.T, s *tree.Scope, i int) {
		ch := launch(t.Context(), t, s, "child", func(context.Context) error { panic(newBigError()) })
		require.Error(t, ch.Wait(t.Context()))
	},
	"shields": func(t *testing.T, s *tree.Scope, i int) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if i%2 == 0 {
			cancel() // nobody waits for it
		}
		_ = s.Shield(ctx, "write", oneInTen(i))
	},
	"futures": func(t *testing.T, s *tree.Scope, i int) {
		f, err := tree.Async(t.Context(), s, func(ctx context.Context) (error, error) { return newBigError(), oneInTen(i)(ctx) })
		require.NoError(t, err)
		_, _ = f.Wait(t.Context())
	},
	"gathered results": func(t *testing.T, s *tree.Scope, i int) {
		_, _ = tree.Gather(t.Context(), func(ctx context.Context) (error, error) { return newBigError(), oneInTen(i)(ctx) })
	},
	"refusals": func(t *testing.T, s *tree.Scope, i int) {
		require.Error(t, s.Go(t.Context(), nil))
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "stays", Run: blocker})
		require.ErrorIs(t, err, tree.ErrDuplicate)
	},
}

func TestAllElseThatComesAndGoesInAScopeLeavesNothingBehind(t *testing.T) {
	for name, churn := range churns {
		t.Run(name, func(t *testing.T) {
			s := opened(t, policy.TaskScope, nobody())
			stays := launch(t.Context(), t, s, "stays", blocker)
			flat(t, crowd(20_000), func(n int) {
				for i := range n {
					churn(t, s, i)
				}
				settled(t, s)
			})
			stays.Cancel(nil)
		})
	}
}

func TestRestartsLeaveNothingBehind(t *testing.T) {
	p := policy.SupervisorScope
	p.Intensity = policy.Intensity{Restarts: 1 << 30, Within: time.Millisecond} // it remembers those within it
	s := opened(t, p, nobody())
	flat(t, crowd(100_000), func(n int) {
		lives := 0
		done := make(chan struct{})
		ch, err := s.Start(t.Context(), tree.ChildSpec{Name: "again", Run: func(ctx context.Context) error {
			derived, cancel := context.WithCancel(ctx)
			defer cancel()
			context.AfterFunc(derived, func() {})
			if lives++; lives < n {
				return errors.Join(oneInTen(lives)(ctx), errBoom)
			}
			close(done)
			return drainer(ctx)
		}})
		require.NoError(t, err)
		<-done
		require.Equal(t, n, ch.Incarnation())
		require.NoError(t, s.Remove("again"))
		require.NoError(t, ch.Wait(t.Context()))
		settled(t, s)
	})
}

// The standard context keeps its hooks in a map, which keeps room for as many as
// were ever in it at once: what a scope is told by is taken back after its end.
func TestAScopeThatHasEndedLeavesNothingOnTheContextAround(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	room := live{objects: noise.objects, bytes: 1 << 20}
	flatBut(t, room, crowd(100_000), func(n int) {
		for range n {
			require.NoError(t, tree.Run(ctx, policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
				return s.Go(ctx, func(context.Context) error { return nil })
			}))
			s, err := tree.Open(ctx, policy.TaskScope)
			require.NoError(t, err)
			require.NoError(t, s.Close())
		}
	})
	runtime.KeepAlive(ctx)
}

func TestTheErrorOfAnEndedChildIsNotKept(t *testing.T) {
	for name, spec := range map[string]tree.ChildSpec{
		"temporary, ended":     {Restart: policy.Temporary},
		"permanent, restarted": {},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := tree.Open(t.Context(), policy.SupervisorScope, nobody())
			require.NoError(t, err)
			collected, second := make(chan struct{}), make(chan struct{})
			lives := 0
			spec.Name = "child"
			spec.Run = func(ctx context.Context) error {
				if lives++; lives > 1 {
					close(second)
					return blocker(ctx)
				}
				return &holdingError{gone(collected)}
			}
			ch, err := s.Start(t.Context(), spec)
			require.NoError(t, err)
			if spec.Restart == policy.Temporary {
				require.Error(t, ch.Wait(t.Context()))
				ch = nil
			} else {
				<-second
			}
			collect(t, collected) // while the scope lives
			runtime.KeepAlive(ch)
			require.Equal(t, int64(1), s.Snapshot().Counts.Failed)
			s.Cancel(nil)
			require.NoError(t, s.Close())
		})
	}
}

// holdingError holds on to something.
type holdingError struct{ what *[64]byte }

func (e *holdingError) Error() string { return "holding" }
