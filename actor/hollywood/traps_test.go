package hollywood

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// Hollywood's traps, each shown as it is there and as it is here. Those that end the
// process have one of their own.

func init() {
	programs["max restarts, plain"] = func() {
		e := engine()
		e.Send(e.Spawn(crasher(isText), "star", hactor.WithMaxRestarts(0)), "x")
		select {}
	}
	programs["max restarts, contained"] = func() {
		e := engine()
		over := eventOn[hactor.ActorStoppedEvent](e)
		pid := e.Spawn(crasher(isText), "star", hactor.WithMaxRestarts(1), hactor.WithRestartDelay(0), Contain)
		e.Send(pid, "x")
		e.Send(pid, "y")
		<-over
	}
	programs["max restarts, adopted"] = func() {
		e, s := engine(), open()
		pid, err := Spawn(context.Background(), s, e, crasher(isText), Adoption{}, nil)
		must(err)
		for range 10 {
			e.Send(pid, "x")
		}
		must(s.Wait(context.Background())) // DefaultIntensity is exceeded
	}
	programs["stopped, plain"] = func() {
		e := engine()
		<-e.Stop(e.Spawn(crasher(isStopped), "star")).Done()
		select {}
	}
	programs["stopped, contained"] = func() {
		e := engine()
		<-e.Stop(e.Spawn(crasher(isStopped), "star", Contain)).Done()
	}
	programs["stopped, adopted"] = func() {
		e, s := engine(), open()
		pid, err := Spawn(context.Background(), s, e, crasher(isStopped), Adoption{}, nil)
		must(err)
		<-e.Stop(pid).Done()
		must(s.Close())
	}
	programs["producer, plain"] = func() {
		e := engine()
		e.Send(e.Spawn(onceOnly(), "star", hactor.WithRestartDelay(0)), "x")
		select {}
	}
	programs["producer, adopted"] = func() {
		e, s := engine(), open()
		pid, err := Spawn(context.Background(), s, e, onceOnly(), Adoption{}, nil)
		must(err)
		e.Send(pid, "x")
		must(s.Wait(context.Background()))
	}
}

func TestHollywoodEndsTheProgramWhenMaxRestartsIsExceededAndAnAdoptedActorDoesNot(t *testing.T) {
	dies(t, "max restarts, plain", "SIGSEGV")
	survives(t, "max restarts, contained")
	survives(t, "max restarts, adopted")
}

func TestHollywoodEndsTheProgramAtAPanicInStoppedAndAnAdoptedActorDoesNot(t *testing.T) {
	dies(t, "stopped, plain", "panic: bug")
	survives(t, "stopped, contained")
	survives(t, "stopped, adopted")
}

func TestHollywoodEndsTheProgramAtAPanicInAProducerAndAnAdoptedActorDoesNot(t *testing.T) {
	dies(t, "producer, plain", "panic: no second")
	survives(t, "producer, adopted")
}

func TestHollywoodTellsItselfOfDeadLettersForEverWhenASubscriberIsGone(t *testing.T) {
	e, events := engine(), atomic.Int64{}
	enough := make(chan struct{})
	gone := e.SpawnFunc(func(*hactor.Context) {}, "gone", hactor.WithInboxSize(4))
	e.Subscribe(gone)
	<-e.Poison(gone).Done()
	counter := e.SpawnFunc(func(c *hactor.Context) {
		if _, ok := c.Message().(hactor.DeadLetterEvent); ok && events.Add(1) == 1000 {
			c.Engine().Unsubscribe(gone) // which ends it
			c.Engine().Unsubscribe(c.PID())
			close(enough)
		}
	}, "counter", hactor.WithInboxSize(4))
	e.Subscribe(counter)
	e.BroadcastEvent("one event")
	<-enough
}

func TestHollywoodGivesThePIDOfAnotherForAnIDThatIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[string]{}
		first := e.Spawn(players(got, nil), "star", hactor.WithID("one"), hactor.WithInboxSize(4))
		second := e.Spawn(players(got, nil), "star", hactor.WithID("one"), hactor.WithInboxSize(4))
		require.Equal(t, first, second)
		e.Send(second, "for the second")
		require.Equal(t, []string{"1: actor.Initialized", "1: actor.Started", "1: for the second"}, got.told())
		_, err := Spawn(t.Context(), scope(t), e, players(got, nil), Adoption{Kind: "star", ID: "one"}, nil)
		require.ErrorIs(t, err, ErrDuplicate)
		require.Empty(t, got.told())
	})
}

func TestHollywoodKeepsTheChildrenOfACrashAndAnAdoptedActorDoesNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[any]{}
		spawning := func() hactor.Receiver {
			return receiver(func(c *hactor.Context) {
				switch c.Message().(type) {
				case hactor.Started:
					c.SpawnChildFunc(func(*hactor.Context) {}, "child", hactor.WithInboxSize(4))
				case crashNow:
					panic(errCrash)
				case string:
					got.add(len(c.Children()))
				}
			})
		}
		plain := e.Spawn(spawning, "star", hactor.WithRestartDelay(0), hactor.WithInboxSize(4))
		adopted, _ := adopted(t, e, spawning, Adoption{})
		for _, pid := range []*hactor.PID{plain, adopted} {
			e.Send(pid, crashNow{})
			settled() // it has started again
			e.Send(pid, "how many?")
			settled() // it has said
		}
		require.Equal(t, []any{2, 1}, got.told())
		<-e.Poison(plain).Done()
	})
}

func TestHollywoodsStopOfAParentWithABlockedChildNeverEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, gate := newEngine(t), make(chan struct{})
		blocking := func() hactor.Receiver {
			return receiver(on(func(c *hactor.Context, _ hactor.Started) {
				child := c.SpawnChildFunc(on(func(*hactor.Context, string) { <-gate }), "child", hactor.WithInboxSize(4))
				c.Send(child, "block")
			}))
		}
		plain := e.Poison(e.Spawn(blocking, "star", hactor.WithInboxSize(4)))
		pid, star := adopted(t, e, blocking, Adoption{})
		settled() // the children are blocked
		ours := e.Poison(pid)
		begun := time.Now()
		<-ours.Done()
		require.Equal(t, 5*time.Second, time.Since(begun))
		require.Equal(t, policy.SlotStopped, star.State())
		<-time.After(1000 * time.Hour)
		require.NoError(t, plain.Err())
		close(gate)
		<-plain.Done()
	})
}

// engine returns an engine for a program.
func engine() *hactor.Engine {
	e, err := hactor.NewEngine(hactor.NewEngineConfig())
	must(err)
	return e
}

// open opens a supervisor for a program.
func open() *tree.Scope {
	s, err := tree.Open(context.Background(), policy.SupervisorScope)
	must(err)
	return s
}

// must ends a program that cannot go on, but for what supervision is expected to end with.
func must(err error) {
	if err != nil {
		fmt.Println("over:", err)
	}
}

// receiver is a function as a Receiver.
type receiver func(*hactor.Context)

func (r receiver) Receive(c *hactor.Context) { r(c) }

// crasher produces Receivers that panic at some messages.
func crasher(at func(any) bool) hactor.Producer {
	return func() hactor.Receiver {
		return receiver(func(c *hactor.Context) {
			if at(c.Message()) {
				panic("bug")
			}
		})
	}
}

func isText(m any) bool { _, ok := m.(string); return ok }

func isStopped(m any) bool { _, ok := m.(hactor.Stopped); return ok }

// onceOnly produces one Receiver, which panics at the first text, and no second.
func onceOnly() hactor.Producer {
	made := false
	return func() hactor.Receiver {
		if made {
			panic("no second")
		}
		made = true
		return crasher(isText)()
	}
}

// eventOn returns a channel that is closed with the first event of a type.
func eventOn[E any](e *hactor.Engine) <-chan struct{} {
	seen := make(chan struct{})
	first := true
	e.Subscribe(e.SpawnFunc(on(func(*hactor.Context, E) {
		if first {
			first = false
			close(seen)
		}
	}), "watcher"))
	return seen
}
