package router_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/registry"
	"github.com/understudy-go/understudy/actor/router"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestMessagesGoRoundAndStandAtThePathsOfTheirWorkers(t *testing.T) {
	inPool(t, 3, nil, func(t *testing.T, w *works) {
		w.send(named("a", "b", "c", "d")...)
		require.Equal(t, []string{"a by 0", "b by 1", "c by 2", "d by 0"}, w.done())
		require.Equal(t, "app/pool", w.Ref().Path())
		require.Len(t, w.Workers(), 3)
		require.Equal(t, "app/pool/2", w.Workers()[2].Path())
		require.Equal(t, 3, w.Size())
	})
}

func TestAMessageGoesToTheNextWorkerInTurnThatHasRoom(t *testing.T) {
	inPool(t, 2, nil, func(t *testing.T, w *works) {
		gate := make(chan struct{})
		w.send(job{name: "held", gate: gate})
		w.done()
		require.NoError(t, w.Workers()[0].TrySend(job{name: "queued"}))
		require.NoError(t, w.Workers()[0].TrySend(job{name: "queued"})) // and now 0 is full
		for range 3 {
			w.send(job{name: "x"})
			require.Equal(t, []string{"x by 1"}, w.done())
		}
		close(gate)
		require.Equal(t, []string{"held by 0", "queued by 0", "queued by 0"}, w.done())
	})
}

func TestASenderToAFullPoolWaitsForTheNextInTurn(t *testing.T) {
	inPool(t, 1, nil, func(t *testing.T, w *works) {
		gate := make(chan struct{})
		w.send(job{name: "held", gate: gate})
		w.done()
		w.send(named("1", "2")...)
		require.ErrorIs(t, w.Ref().TrySend(job{}), actor.ErrFull)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, w.Ref().Send(ctx, job{}), context.DeadlineExceeded)
		sent := make(chan error, 1)
		go func() { sent <- w.Ref().Send(t.Context(), job{name: "3"}) }()
		synctest.Wait() // it waits for room
		close(gate)
		require.NoError(t, <-sent)
		require.Equal(t, []string{"1 by 0", "2 by 0", "3 by 0", "held by 0"}, w.done())
	})
}

func TestAPickByKeyKeepsTheMessagesOfAKeyWithOneWorker(t *testing.T) {
	byName := func(s *router.Spec[job]) { s.Pick = registry.ByKey(func(j job) string { return j.name }) }
	inPool(t, 4, byName, func(t *testing.T, w *works) {
		who := func(name string) int {
			n, err := actor.Ask(t.Context(), w.Ref(), func(r actor.Reply[int]) job { return job{name: name, who: r} })
			require.NoError(t, err)
			return n
		}
		before := map[string]int{}
		for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
			before[name] = who(name)
			require.Equal(t, before[name], who(name))
		}
		require.NoError(t, w.Resize(t.Context(), 3))
		for name, n := range before {
			if n < 3 {
				require.Equal(t, n, who(name), "it was not the one taken away that had %s", name)
			}
		}
	})
}

func TestAResizedPoolHasThatManyWorkersAndLosesNothing(t *testing.T) {
	inPool(t, 1, nil, func(t *testing.T, w *works) {
		require.NoError(t, w.Resize(t.Context(), 3))
		require.Equal(t, 3, w.Size())
		w.send(named("a", "b", "c")...)
		require.Equal(t, []string{"a by 0", "b by 1", "c by 2"}, w.done())

		gate := make(chan struct{})
		for range 3 {
			w.send(job{name: "held", gate: gate})
		}
		w.done()
		for range 3 {
			w.send(job{name: "queued"})
		}
		over := make(chan error, 1)
		go func() { over <- w.Resize(t.Context(), 1) }()
		synctest.Wait() // the two that go have something in hand
		w.send(job{name: "later"})
		require.Empty(t, over)
		close(gate)
		require.NoError(t, <-over)
		require.Equal(t, []string{"held by 0", "held by 1", "held by 2", "later by 0", "queued by 0", "queued by 1", "queued by 2"}, w.done())
		require.Equal(t, 1, w.Size())
		require.Len(t, w.Workers(), 1)
		require.Zero(t, w.scope.Counts().DeadLetters)
	})
}

func TestAWorkerThatDoesNotStartIsSaidAndTheOthersStay(t *testing.T) {
	var w *works
	second := func(s *router.Spec[job]) {
		good := s.Worker
		s.Worker = func(n int) actor.Spec[job] {
			spec := good(n)
			if n == 2 {
				spec.New = func(context.Context, actor.Ref[job]) (actor.Receiver[job], error) { return nil, errBroken }
			}
			return spec
		}
	}
	inPool(t, 1, second, func(t *testing.T, pool *works) {
		w = pool
		err := w.Resize(t.Context(), 4)
		require.ErrorIs(t, err, errBroken)
		require.ErrorContains(t, err, "router: worker 2 of pool")
		require.Equal(t, 2, w.Size())
		w.send(named("a", "b")...)
		require.Equal(t, []string{"a by 0", "b by 1"}, w.done())

		spec := router.Spec[job]{Name: "other", Size: 3, Worker: w.worker}
		second(&spec)
		_, err = router.Start(t.Context(), w.scope, spec)
		require.ErrorIs(t, err, errBroken)
		_, err = w.scope.Child("other")
		require.ErrorIs(t, err, tree.ErrNotFound)
	})
}

func TestAWorkerThatFailsIsRestartedAloneAndKeepsItsMailbox(t *testing.T) {
	inPool(t, 2, nil, func(t *testing.T, w *works) {
		first := w.Workers()[0]
		require.NoError(t, first.TrySend(job{fails: true}))
		require.NoError(t, first.TrySend(job{name: "next"}))
		require.Equal(t, []string{"next by 0"}, w.done())
		require.Equal(t, map[int]int{0: 2, 1: 1}, w.lives)
		require.Equal(t, first, w.Workers()[0])
	})
}

func TestAPoolThatGivesUpOnItsWorkersIsRestartedWithNewOnesAndItsRefStays(t *testing.T) {
	fragile := func(s *router.Spec[job]) {
		s.Policy = policy.SupervisorScope
		s.Policy.Intensity = policy.NoRestarts
		s.Backoff = policy.Backoff{Min: time.Second, Max: time.Second, Jitter: policy.JitterNone}
	}
	inPool(t, 2, fragile, func(t *testing.T, w *works) {
		ref := w.Ref()
		require.NoError(t, w.Resize(t.Context(), 3))
		w.send(job{fails: true})
		require.Empty(t, w.done())
		require.Empty(t, w.Workers())
		require.ErrorIs(t, ref.TrySend(job{}), actor.ErrFull, "for a second")
		begun := time.Now()
		require.NoError(t, ref.Send(t.Context(), job{name: "waited"}))
		require.Equal(t, time.Second, time.Since(begun))
		require.Equal(t, 1, len(w.done()))
		require.Len(t, w.Workers(), 3, "as many as it had")
	})
}

func TestAPoolThatHasEndedRefusesAndTellsThoseWhoWaitForThat(t *testing.T) {
	inPool(t, 2, nil, func(t *testing.T, w *works) {
		var ended []error
		stop := w.Ref().AfterEnd(func(why error) { ended = append(ended, why) })
		ch, err := w.Child()
		require.NoError(t, err)
		require.NoError(t, ch.Shutdown(t.Context()))
		synctest.Wait() // they have been told
		require.Equal(t, []error{nil}, ended)
		require.False(t, stop())
		require.ErrorIs(t, w.Ref().TrySend(job{}), actor.ErrStopped)
		require.ErrorIs(t, w.Ref().Send(t.Context(), job{}), actor.ErrStopped)
		require.ErrorIs(t, w.Resize(t.Context(), 3), actor.ErrStopped)
		require.ErrorIs(t, w.Publish(t.Context(), job{}), actor.ErrStopped)

		require.NoError(t, ch.Restart(t.Context()))
		w.send(named("a", "b")...)
		require.Len(t, w.done(), 2, "an operator has started it again")
	})
}

func TestPublishReachesEveryWorkerAndSaysWhoDidNotTakeIt(t *testing.T) {
	inPool(t, 3, nil, func(t *testing.T, w *works) {
		require.NoError(t, w.Publish(t.Context(), job{name: "all"}))
		require.Equal(t, []string{"all by 0", "all by 1", "all by 2"}, w.done())
		ch, err := tree.Find("app/pool/1")
		require.NoError(t, err)
		require.NoError(t, ch.Shutdown(t.Context()))
		err = w.Publish(t.Context(), job{name: "most"})
		require.ErrorIs(t, err, actor.ErrStopped)
		require.EqualError(t, err, "router: app/pool/1: actor: stopped")
		require.Equal(t, []string{"most by 0", "most by 2"}, w.done())

		w.send(named("a", "b", "c")...)
		require.Len(t, w.done(), 3, "others take what would have been its")
	})
}

func TestAnIdlePoolHasNoGoroutineAndItsScopesEndTakesItAlong(t *testing.T) {
	inPool(t, 2, nil, func(t *testing.T, w *works) {
		gate := make(chan struct{})
		w.send(job{name: "held", gate: gate})
		w.done()
		require.NoError(t, w.Workers()[0].TrySend(job{name: "queued"}))
		time.AfterFunc(time.Second, func() { close(gate) })
		begun := time.Now()
		require.NoError(t, w.scope.Close())
		require.Equal(t, time.Second, time.Since(begun), "within the grace")
		require.Equal(t, []string{"held by 0", "queued by 0"}, w.done())
	})
}

func TestBadSpecsAndSizesAreRefusedAndNothingStarts(t *testing.T) {
	inPool(t, 1, nil, func(t *testing.T, w *works) {
		_, err := router.Start(t.Context(), w.scope, router.Spec[job]{Name: "bad", Size: -1})
		require.ErrorContains(t, err, "router.Spec.Worker = nil: must be a function")
		require.ErrorContains(t, err, "router.Spec.Size = -1")
		_, err = router.Start(t.Context(), w.scope, router.Spec[job]{Name: "a/b", Worker: w.worker})
		require.ErrorContains(t, err, "Name")
		require.ErrorContains(t, w.Resize(t.Context(), 0), "router.Pool.Resize.size = 0: must be at least 1")
		_, err = router.Start[job](t.Context(), nil, router.Spec[job]{Name: "x", Worker: w.worker})
		require.Error(t, err)
		out := func(s *router.Spec[job]) { s.Pick = func(job, []registry.Entry[job]) int { return 7 } }
		spec := router.Spec[job]{Name: "out", Worker: w.worker}
		out(&spec)
		p, err := router.Start(t.Context(), w.scope, spec)
		require.NoError(t, err)
		require.ErrorContains(t, p.Ref().TrySend(job{}), "router.Spec.Pick = 7")
	})
}
