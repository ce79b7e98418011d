package tree_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// discard is an observer that cares for nothing: benchmarks that fail on purpose
// measure the library and not the log.
var discard = tree.WithObserver(tree.ObserverFunc(func(tree.Event) {}))

// BenchmarkGo runs scopes of plain tasks and waits for them; an op is one task
// with its share of the scope. The floor is a goroutine with a WaitGroup.
func BenchmarkGo(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1000, 10000} {
		b.Run(fmt.Sprintf("peer=go/tasks=%d", n), func(b *testing.B) {
			var done atomic.Int64
			b.ReportAllocs()
			for i := 0; i < b.N; i += n {
				var wg sync.WaitGroup
				for range n {
					wg.Go(func() { done.Add(1) })
				}
				wg.Wait()
			}
			mustHaveDone(b, done.Load(), n)
		})
		b.Run(fmt.Sprintf("peer=understudy/tasks=%d", n), func(b *testing.B) {
			var done atomic.Int64
			ctx := context.Background()
			task := func(context.Context) error { done.Add(1); return nil }
			body := func(ctx context.Context, s *tree.Scope) error {
				for range n {
					if err := s.Go(ctx, task); err != nil {
						return err
					}
				}
				return nil
			}
			b.ReportAllocs()
			for i := 0; i < b.N; i += n {
				if err := tree.Run(ctx, policy.TaskGroup, body); err != nil {
					b.Fatal(err)
				}
			}
			mustHaveDone(b, done.Load(), n)
		})
	}
}

// mustHaveDone checks that work was done and not only sent: b.N operations,
// rounded up to whole scopes of n.
func mustHaveDone(b *testing.B, done int64, n int) {
	b.Helper()
	if want := (b.N + n - 1) / n * n; done != int64(want) {
		b.Fatalf("%d tasks ran, want %d", done, want)
	}
}

// BenchmarkStart starts named children with contexts of their own in one scope,
// in rounds, and waits for each round; an op is one child and its exit.
func BenchmarkStart(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("children=%d", n), func(b *testing.B) {
			names := make([]string, n)
			for i := range names {
				names[i] = fmt.Sprintf("child-%d", i)
			}
			var done atomic.Int64
			run := func(context.Context) error { done.Add(1); return nil }
			body := func(ctx context.Context, s *tree.Scope) error {
				for i := range n {
					if _, err := s.Start(ctx, tree.ChildSpec{Name: names[i], Run: run}); err != nil {
						return err
					}
				}
				return nil
			}
			b.ReportAllocs()
			for i := 0; i < b.N; i += n {
				if err := tree.Run(context.Background(), policy.TaskScope, body); err != nil {
					b.Fatal(err)
				}
			}
			mustHaveDone(b, done.Load(), n)
		})
	}
}

// BenchmarkRestart has a child panic and come back; an op is one restart. The
// floor is a goroutine that recovers and starts the next one.
func BenchmarkRestart(b *testing.B) {
	b.Run("peer=go", func(b *testing.B) {
		b.ReportAllocs()
		left, end := b.N, make(chan struct{})
		var life func()
		life = func() {
			defer func() {
				_ = recover()
				if left--; left > 0 {
					go life()
				} else {
					close(end)
				}
			}()
			panic("again")
		}
		go life()
		<-end
	})
	b.Run("peer=understudy", func(b *testing.B) {
		p := policy.SupervisorScope
		p.Intensity = policy.Intensity{Restarts: b.N + 1, Within: time.Nanosecond}
		s, err := tree.Open(context.Background(), p, discard)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		b.ResetTimer()
		left := b.N
		ch, err := s.Start(context.Background(), tree.ChildSpec{Name: "c", Restart: policy.Transient, Run: func(context.Context) error {
			if left--; left >= 0 {
				panic("again")
			}
			return nil
		}})
		if err != nil {
			b.Fatal(err)
		}
		if err := ch.Wait(context.Background()); err != nil {
			b.Fatal(err)
		}
		if got := s.Snapshot().Counts.Restarts; got != int64(b.N) {
			b.Fatalf("%d restarts, want %d", got, b.N)
		}
		b.StopTimer()
		_ = s.Close()
	})
}

// BenchmarkSpawn makes a supervised actor and stops it.
func BenchmarkSpawn(b *testing.B) {
	s, err := tree.Open(context.Background(), policy.SupervisorScope, discard)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tree.Spawn(context.Background(), s, idle("a")); err != nil {
			b.Fatal(err)
		}
		ch, err := s.Child("a")
		if err != nil {
			b.Fatal(err)
		}
		if err := ch.Shutdown(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

// idle describes an actor that does nothing and is forgotten when it ends.
func idle(name string) actor.Spec[int] {
	return actor.Spec[int]{Name: name, Restart: policy.Temporary, New: func(context.Context, actor.Ref[int]) (actor.Receiver[int], error) {
		return nothing{}, nil
	}}
}

type nothing struct{}

func (nothing) Receive(context.Context, int) error { return nil }

// liveHeap returns the bytes that are live after collecting.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
