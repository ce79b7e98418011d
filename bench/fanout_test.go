package bench_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// A fanOut calls work n times at once, waits for all of them, and returns the
// first error.
type fanOut struct {
	with string
	run  func(ctx context.Context, n int, work func(context.Context) error) error
}

// fanOuts are in the order of what they give: waitgroup waits, errgroup also
// cancels and returns an error, guarded also survives a panic, understudy is a
// scope. guarded is no way to use the library: it is the floor under its scopes,
// a start through internal/run with nothing that remembers it.
var fanOuts = []fanOut{
	{"waitgroup", withWaitGroup},
	{"errgroup", withErrgroup},
	{"guarded", withGuard},
	{"understudy", withScope},
}

func withScope(ctx context.Context, n int, work func(context.Context) error) error {
	return tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
		for range n {
			if err := s.Go(ctx, work); err != nil {
				return err
			}
		}
		return nil
	})
}

func withWaitGroup(ctx context.Context, n int, work func(context.Context) error) error {
	var wg sync.WaitGroup
	var first atomic.Pointer[error]
	for range n {
		wg.Go(func() {
			if err := work(ctx); err != nil {
				storeError(&first, err)
			}
		})
	}
	wg.Wait()
	return loadError(&first)
}

func withErrgroup(ctx context.Context, n int, work func(context.Context) error) error {
	g, ctx := errgroup.WithContext(ctx)
	for range n {
		g.Go(func() error { return work(ctx) })
	}
	return g.Wait()
}

func withGuard(ctx context.Context, n int, work func(context.Context) error) error {
	var wg sync.WaitGroup
	var first atomic.Pointer[error]
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	wg.Add(n)
	for range n {
		run.Go(func() {
			defer wg.Done()
			if err := run.Call(ctx, work, false); err != nil && storeError(&first, err) {
				cancel(err)
			}
		})
	}
	wg.Wait()
	return loadError(&first)
}

// storeError keeps err unless one was kept before. Only here does an error get
// an address, so that a task without one allocates nothing for it.
func storeError(p *atomic.Pointer[error], err error) bool { return p.CompareAndSwap(nil, &err) }

func loadError(p *atomic.Pointer[error]) error {
	if err := p.Load(); err != nil {
		return *err
	}
	return nil
}

func TestEveryFanOutDoesAllTheWorkAndReturnsItsError(t *testing.T) {
	errTenth := errors.New("the tenth")
	for _, f := range fanOuts {
		t.Run(f.with, func(t *testing.T) {
			var done atomic.Int64
			all := make(chan struct{}) // a failure may cancel, but not before all have begun
			err := f.run(t.Context(), 100, func(context.Context) error {
				n := done.Add(1)
				if n == 100 {
					close(all)
				}
				if n == 10 {
					<-all
					return errTenth
				}
				return nil
			})
			if done.Load() != 100 || !errors.Is(err, errTenth) {
				t.Errorf("done = %d, err = %v, want 100 and %v", done.Load(), err, errTenth)
			}
		})
	}
}

// BenchmarkFanOut measures a fan-out of tasks that do next to nothing, so that
// the time is that of starting, ending and waiting.
func BenchmarkFanOut(b *testing.B) {
	for _, tasks := range []int{1, 10, 1000} {
		for _, f := range fanOuts {
			b.Run(fmt.Sprintf("tasks=%d/with=%s", tasks, f.with), func(b *testing.B) {
				b.ReportAllocs()
				var done atomic.Int64
				work := func(context.Context) error { done.Add(1); return nil }
				for b.Loop() {
					if err := f.run(b.Context(), tasks, work); err != nil {
						b.Fatal(err)
					}
				}
				if want := int64(b.N) * int64(tasks); done.Load() != want {
					b.Fatalf("%d tasks ran, want %d", done.Load(), want)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(done.Load()), "ns/task")
			})
		}
	}
}
