package docs_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/hollywood"
	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// Seat is a Hollywood actor: who asks for it first has it.
type Seat struct{ taken bool }

// Book is a request for a seat.
type Book struct{ Name string }

// Receive is called by Hollywood, or here, with one message at a time.
func (s *Seat) Receive(c *hactor.Context) {
	switch m := c.Message().(type) {
	case hactor.Started:
		c.SpawnChild(newClerk, "clerk", hactor.WithID("1"))
	case Book:
		if m.Name == "" {
			panic("nobody wants a seat")
		}
		c.Respond(!s.taken)
		s.taken = true
		c.Send(c.PID().Child("clerk/1"), m.Name)
	}
}

func newSeat() hactor.Receiver { return &Seat{} }

// Clerk writes down who asked.
type Clerk struct{ names []string }

// Receive is Hollywood's.
func (k *Clerk) Receive(c *hactor.Context) {
	if name, ok := c.Message().(string); ok {
		k.names = append(k.names, name)
	}
}

func newClerk() hactor.Receiver { return &Clerk{} }

// runPlain is the program as it is with Hollywood.
func runPlain() (booked any, err error) {
	engine, err := hactor.NewEngine(hactor.NewEngineConfig())
	if err != nil {
		return nil, err
	}
	pid := engine.Spawn(newSeat, "seat",
		hactor.WithID("1A"),
		hactor.WithInboxSize(1024),
		hactor.WithMaxRestarts(3),
		hactor.WithRestartDelay(time.Second))
	booked, err = engine.Request(pid, Book{"Ada"}, time.Second).Result()
	<-engine.Poison(pid).Done()
	return booked, err
}

// runSupervised is the same program, supervised. Seat and Clerk are as they were.
func runSupervised(ctx context.Context) (booked bool, err error) {
	engine, err := hactor.NewEngine(hactor.NewEngineConfig())
	if err != nil {
		return false, err
	}
	supervisor := policy.SupervisorScope
	supervisor.Intensity = policy.Intensity{Restarts: 3, Within: time.Minute}
	err = tree.Run(ctx, supervisor, func(ctx context.Context, s *tree.Scope) error {
		pid, err := hollywood.Spawn(ctx, s, engine, newSeat,
			hollywood.Adoption{Kind: "seat", ID: "1A"},
			func(spec *actor.Spec[hactor.Envelope]) {
				spec.Mailbox = mailbox.Bounded(1024, mailbox.Reject)
				spec.Backoff = policy.Backoff{Min: time.Second}
			})
		if err != nil {
			return err
		}
		booked, err = hollywood.Request[bool](ctx, engine, pid, Book{"Ada"})
		return err
	}, tree.WithName("theatre"))
	return booked, err
}

// Ticket is a message of an actor of this module.
type Ticket struct {
	Name   string
	Booked actor.Reply[bool]
}

// reachable gives an actor of this module a PID, and its messages a shape that Hollywood
// actors, and other nodes, can send and be answered in.
func reachable(engine *hactor.Engine, ref actor.Ref[Ticket]) (*hactor.PID, func(), error) {
	return hollywood.Expose(engine, ref, hollywood.Options[Ticket]{
		Kind: "office", ID: "1",
		Accept: func(message any, from *hollywood.Sender) (Ticket, bool) {
			m, ok := message.(Book)
			return Ticket{m.Name, hollywood.ReplyTo[bool](from)}, ok
		},
	})
}

// takesOrders has a supervisor start seats for whoever knows its PID, on whatever node.
func takesOrders(engine *hactor.Engine, s *tree.Scope) (*hactor.PID, func(), error) {
	return hollywood.ExposeScope(engine, s, hollywood.ScopeOptions{
		Kind: "theatre", ID: "main",
		Factories: hollywood.Factories{
			"seat": hollywood.ActorFactory(func(args []byte) (actor.Spec[hactor.Envelope], error) {
				spec, _, err := hollywood.Adopt(engine, newSeat, hollywood.Adoption{Kind: "seat", ID: string(args)})
				return spec, err
			}),
		},
	})
}

// addSeat has one started.
func addSeat(ctx context.Context, engine *hactor.Engine, theatre *hactor.PID, number string) (*hactor.PID, error) {
	seat, err := hollywood.Order(ctx, engine, theatre, hollywood.StartChild{
		Factory: "seat", Name: "seat-" + number, Args: []byte(number)})
	if errors.Is(err, tree.ErrDuplicate) {
		return hactor.NewPID(theatre.Address, "seat/"+number), nil
	}
	return seat.PID, err
}

// sharesEvents has Hollywood code hear what happens in the tree, and ours what
// happens in the engine.
func sharesEvents(engine *hactor.Engine) (forTheTree tree.Option, stop func(), err error) {
	stop, err = hollywood.Observe(engine, func(e hollywood.Event) {
		if e.Kind == hollywood.RemoteUnreachable {
			fmt.Println("lost", e.Address)
		}
	})
	return tree.WithObserver(hollywood.Broadcaster{Engine: engine}), stop, err
}

func TestAHollywoodProgramDoesTheSameSupervised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plain, err := runPlain()
		require.NoError(t, err)
		supervised, err := runSupervised(t.Context())
		require.NoError(t, err)
		require.Equal(t, plain, supervised)
		require.True(t, supervised)
	})
}

func TestSeatsAreStartedByOrderAndComeBackAfterACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine, err := hactor.NewEngine(hactor.NewEngineConfig())
		require.NoError(t, err)
		events, stop, err := sharesEvents(engine)
		require.NoError(t, err)
		defer stop()
		s, err := tree.Open(t.Context(), policy.SupervisorScope, events)
		require.NoError(t, err)
		theatre, end, err := takesOrders(engine, s)
		require.NoError(t, err)
		seat, err := addSeat(t.Context(), engine, theatre, "1A")
		require.NoError(t, err)
		again, err := addSeat(t.Context(), engine, theatre, "1A")
		require.NoError(t, err)
		require.Equal(t, seat, again)

		book := func(name string) (bool, error) { return hollywood.Request[bool](t.Context(), engine, seat, Book{name}) }
		for _, want := range []bool{true, false} {
			got, err := book("Ada")
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
		_, err = book("")
		require.ErrorIs(t, err, actor.ErrNoReply)
		got, err := book("Ada")
		require.NoError(t, err)
		require.True(t, got, "it has started from nothing")
		end()
		require.NoError(t, s.Close())
	})
}

func TestAnActorOfThisModuleIsRequestedByHollywood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine, err := hactor.NewEngine(hactor.NewEngineConfig())
		require.NoError(t, err)
		run, ref, err := actor.Func(actor.Spec[Ticket]{Name: "office", New: func(context.Context, actor.Ref[Ticket]) (actor.Receiver[Ticket], error) {
			return actor.ReceiverFunc[Ticket](func(_ context.Context, m Ticket) error { m.Booked.Send(m.Name != ""); return nil }), nil
		}})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error)
		go func() { over <- run(ctx) }()
		pid, end, err := reachable(engine, ref)
		require.NoError(t, err)
		booked, err := engine.Request(pid, Book{"Ada"}, time.Second).Result()
		require.NoError(t, err)
		require.Equal(t, true, booked)
		end()
		cancel()
		require.NoError(t, <-over)
	})
}
