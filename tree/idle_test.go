package tree_test

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// idleActors spawns n actors in s, of names of eight characters, sends each a message,
// and returns when all are idle again. They share their receiver, which is the user's.
func idleActors(tb testing.TB, s *tree.Scope, n int) {
	goroutines := runtime.NumGoroutine()
	var handled atomic.Int64
	receiver := actor.ReceiverFunc[int](func(context.Context, int) error {
		handled.Add(1)
		return nil
	})
	create := func(context.Context, actor.Ref[int]) (actor.Receiver[int], error) { return receiver, nil }
	for i := range n {
		ref, err := tree.Spawn(tb.Context(), s, actor.Spec[int]{Name: fmt.Sprintf("a%07d", i), New: create})
		if err != nil {
			tb.Fatal(err)
		}
		if err := ref.Send(tb.Context(), i); err != nil {
			tb.Fatal(err)
		}
	}
	for handled.Load() < int64(n) || runtime.NumGoroutine() > goroutines {
		require.NoError(tb, tb.Context().Err())
		runtime.Gosched()
	}
}

// All in: what finds it by its name and the name, its record and that of its
// incarnation, the actor and its mailbox. TestAChildThatOnlyRunsIsSmall says what of
// that is the child's.
func TestAnIdleNamedActorTakesAtMost384BytesAndNoGoroutine(t *testing.T) {
	const n = 30_000
	s := opened(t, policy.SupervisorScope, nobody())
	crowdOnce.Do(func() { manyWait(10_000) })
	idleActors(t, s, 1) // what is made once
	require.NoError(t, s.Remove("a0000000"))
	before := liveNow()
	idleActors(t, s, n)
	more := liveNow().minus(before)
	require.Equal(t, n, s.CountChildren().Active)
	t.Logf("%d bytes and %d.%02d objects for each of %d actors", more.bytes/n, more.objects/n, 100*more.objects/n%100, n)
	require.LessOrEqual(t, more.bytes/n, int64(384))
}

// BenchmarkIdleActor keeps actors that have handled a message each and now have nothing
// to do. It reports what each of them takes, all in, whatever b.N is.
func BenchmarkIdleActor(b *testing.B) {
	for _, n := range []int{1000, 30_000, 1_000_000} {
		b.Run(fmt.Sprintf("actors=%d", n), func(b *testing.B) {
			s, err := tree.Open(context.Background(), policy.SupervisorScope, discard)
			if err != nil {
				b.Fatal(err)
			}
			before, goroutines := liveHeap(), runtime.NumGoroutine()
			idleActors(b, s, n)
			b.ReportMetric(float64(liveHeap()-before)/float64(n), "B/actor")
			b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/float64(n), "goroutines/actor")
			b.ReportMetric(0, "ns/op")
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
