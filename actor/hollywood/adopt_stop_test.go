package hollywood

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
)

// parents produces Receivers that spawn a child when they start, which writes down that
// it stopped.
func parents(got *trail[string], child func(*hactor.Context)) hactor.Producer {
	return players(got, on(func(c *hactor.Context, _ hactor.Started) {
		c.SpawnChildFunc(func(c *hactor.Context) {
			if _, ok := c.Message().(hactor.Stopped); ok {
				got.add("child of " + c.Parent().ID + " stopped")
			}
			child(c)
		}, "child", hactor.WithID("one"), hactor.WithInboxSize(4))
	}))
}

func TestTheChildrenOfAnAdoptedActorStopBeforeItDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[string]{}
		pid, star := adopted(t, e, parents(got, func(*hactor.Context) {}), Adoption{Kind: "star", ID: "one"})
		require.NotNil(t, e.Registry.GetPID("star/one/child", "one"))
		got.told()
		e.Send(pid, crashNow{})
		require.Equal(t, []string{
			"1: crash", "child of star/one stopped", "1: actor.Stopped", "2: actor.Initialized", "2: actor.Started",
		}, got.told(), "in Hollywood those of a crashed incarnation pile up")
		require.NotNil(t, e.Registry.GetPID("star/one/child", "one"))

		require.NoError(t, star.Shutdown(t.Context()))
		require.Equal(t, []string{"child of star/one stopped", "2: actor.Stopped"}, got.told())
		require.Nil(t, e.Registry.GetPID("star/one/child", "one"))
		require.Nil(t, e.Registry.GetPID("star", "one"))
	})
}

func TestAChildThatEndsByItselfIsNoChildAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[any]{}
		pid, _ := adopted(t, e, players(&trail[string]{}, func(c *hactor.Context) {
			switch c.Message().(type) {
			case hactor.Started:
				for range 3 {
					c.SpawnChildFunc(func(*hactor.Context) {}, "child", hactor.WithInboxSize(4))
				}
				<-c.Engine().Poison(c.Children()[0]).Done()
			case string:
				got.add(len(c.Children()))
			}
		}), Adoption{})
		e.Send(pid, "how many")
		require.Equal(t, []any{2}, got.told())
	})
}

func TestAChildThatBlocksHoldsUpTheStopNoLongerThanItMayTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := logged(t)
		e, got, gate := newEngine(t), &trail[string]{}, make(chan struct{})
		_, star := adopted(t, e, parents(got, on(func(*hactor.Context, hactor.Started) {})), Adoption{Kind: "star", ID: "one"})
		e.Send(hactor.NewPID("local", "star/one/child/one"), "x")
		got.told()
		deaf, _ := adopted(t, e, parents(got, on(func(*hactor.Context, string) { <-gate })), Adoption{Kind: "deaf", ID: "one"})
		e.Send(hactor.NewPID("local", "deaf/one/child/one"), "block")
		settled() // it is deaf
		begun := time.Now()
		e.Poison(deaf)
		<-time.After(time.Hour)
		require.NoError(t, star.Shutdown(t.Context()))
		require.Contains(t, log(), "children were poisoned and still run")
		require.Contains(t, log(), "local/deaf/one/child/one")
		require.Nil(t, e.Registry.GetPID("deaf", "one"))
		require.GreaterOrEqual(t, time.Since(begun), actor.DefaultStopWithin)
		close(gate)
		settled() // it ends after all
	})
}

// logged has slog.Default write where the returned function looks, once all in the bubble
// are at rest.
func logged(t *testing.T) func() string {
	t.Helper()
	var b bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&b, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return func() string {
		settled() // nobody writes
		return b.String()
	}
}

func TestPoisonAndStopHaveTheSupervisorStopAnAdoptedActorAfterWhatIsQueued(t *testing.T) {
	for name, end := range map[string]func(*hactor.Engine, *hactor.PID) context.Context{
		"poison": (*hactor.Engine).Poison, "stop": (*hactor.Engine).Stop,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, got, gate := newEngine(t), &trail[string]{}, make(chan struct{})
				pid, star := adopted(t, e, players(got, on(func(_ *hactor.Context, m string) {
					if m == "wait" {
						<-gate
					}
				})), Adoption{Kind: "star", ID: "one"})
				got.told()
				e.Send(pid, "wait")
				e.Send(pid, "queued")
				settled() // wait is in hand
				dead := deadLetters(e)
				first, second := end(e, pid), end(e, pid)
				settled() // it was asked
				e.Send(pid, "late")
				require.NoError(t, first.Err(), "it has not ended")
				close(gate)
				<-first.Done()
				<-second.Done()
				require.Equal(t, []string{"1: wait", "1: queued", "1: actor.Stopped"}, got.told())
				require.Contains(t, dead.told(), "late")
				require.Equal(t, policy.SlotStopped, star.State())
				require.Nil(t, e.Registry.GetPID("star", "one"))
				<-end(e, pid).Done() // one that is gone is a dead letter

				require.NoError(t, star.Restart(t.Context()), "an operator may start it again")
				require.Equal(t, pid, e.Registry.GetPID("star", "one"))
				e.Send(pid, "again")
				require.Equal(t, []string{"2: actor.Initialized", "2: actor.Started", "2: again"}, got.told())
			})
		})
	}
}

func TestAnAdoptedActorMayPoisonItselfAndItsMessagesBeforeThatAreHandled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[string]{}
		pid, star := adopted(t, e, players(got, on(func(c *hactor.Context, m string) {
			if m == "enough" {
				c.Engine().Poison(c.PID())
			}
		})), Adoption{})
		got.told()
		e.Send(pid, "enough")
		require.NoError(t, star.Wait(t.Context()))
		require.Equal(t, []string{"1: enough", "1: actor.Stopped"}, got.told())
	})
}

func TestAPanicAtStoppedIsTheIncarnationsErrorAndNobodysElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[string]{}
		pid, star := adopted(t, e, players(got, on(func(*hactor.Context, hactor.Stopped) { panic(errCrash) })), Adoption{})
		got.told()
		e.Send(pid, crashNow{})
		require.Equal(t, []string{"1: crash", "1: actor.Stopped", "2: actor.Initialized", "2: actor.Started"}, got.told())
		require.NoError(t, star.Shutdown(t.Context()))
		require.Equal(t, []string{"2: actor.Stopped"}, got.told())
		exit, over := star.Exit()
		require.True(t, over)
		require.Equal(t, policy.Panicked, exit)
	})
}

func TestADeadSubscriberIsUnsubscribedWhenItWasAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		pid, star := adopted(t, e, players(&trail[string]{}, on(func(c *hactor.Context, _ hactor.Started) {
			c.Engine().Subscribe(c.PID())
		})), Adoption{})
		dead := deadLetters(e)
		require.NoError(t, star.Shutdown(t.Context()))
		e.BroadcastEvent("news")
		require.Empty(t, dead.told(), "a plain process would have the engine tell itself of dead letters for ever")
		e.Send(pid, "late")
		require.Equal(t, []any{"late"}, dead.told())
	})
}

func TestLateNewsOfAnEarlierLifeEndNoWatchOfTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[any]{}
		pid, star := adopted(t, e, players(&trail[string]{}, nil), Adoption{})
		<-e.Poison(pid).Done()
		require.NoError(t, star.Restart(t.Context()))
		stop := RefTo[int](e, pid).AfterEnd(func(error) { got.add("ended") })
		e.BroadcastEvent(hactor.ActorStoppedEvent{PID: pid})
		require.Empty(t, got.told())
		require.True(t, stop())
	})
}

func TestPoisonFindsAnAdoptedActorThatStandsInNoTreeAndIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got, gate := newEngine(t), &trail[string]{}, make(chan struct{})
		spec, pid, err := Adopt(e, players(got, on(func(*hactor.Context, string) { <-gate })), Adoption{})
		require.NoError(t, err)
		spec.Mailbox = mailbox.Bounded(1, mailbox.Block)
		run, _, err := actor.Func(spec)
		require.NoError(t, err)
		over := make(chan error, 1)
		go func() { over <- run(t.Context()) }()
		got.told()
		e.Send(pid, "in hand")
		settled() // it is
		e.Send(pid, "queued")
		end := e.Poison(pid)
		settled() // the poison waits for room
		close(gate)
		<-end.Done()
		require.NoError(t, <-over)
		require.Equal(t, []string{"1: in hand", "1: queued", "1: actor.Stopped"}, got.told())
	})
}

func TestTheExposuresThatAreOverAreNotRememberedForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hubOf(newEngine(t))
		for n := range 3 * mostPast {
			k := &known{actor: actor.ID{Path: fmt.Sprint(n)}}
			h.exposures[k.actor] = k
			h.forget(k)
		}
		require.Len(t, h.exposures, mostPast)
		require.NotNil(t, h.exposureOf(actor.ID{Path: fmt.Sprint(3*mostPast - 1)}))
	})
}
