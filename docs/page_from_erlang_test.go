package docs_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// What a counter takes: one type for each message, and an interface for all.
type (
	message   interface{ toCounter() }
	increment struct{ by int }                 // a cast
	value     struct{ reply actor.Reply[int] } // a call
)

func (increment) toCounter() {}
func (value) toCounter()     {}

// newCounter is init/1; what it returns is the state and the handlers.
func newCounter(context.Context, actor.Ref[message]) (actor.Receiver[message], error) {
	n := 0
	return actor.ReceiverFunc[message](func(_ context.Context, m message) error {
		switch m := m.(type) {
		case increment:
			if m.by < 0 {
				return errors.New("cannot count back") // {stop, Reason, State}
			}
			n += m.by
		case value:
			m.reply.Send(n) // {reply, N, State}
		}
		return nil // {noreply, State}
	}), nil
}

// useCounter is start_child, gen_server:cast and gen_server:call.
func useCounter(ctx context.Context, s *tree.Scope) (int, error) {
	counter, err := tree.Spawn(ctx, s, actor.Spec[message]{Name: "counter", New: newCounter})
	if err != nil {
		return 0, err
	}
	if err := counter.Send(ctx, increment{by: 2}); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return actor.Ask(ctx, counter, func(r actor.Reply[int]) message { return value{r} })
}

func TestTheCounterOfThePageCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := alone(t)
		n, err := useCounter(t.Context(), s)
		require.NoError(t, err)
		require.Equal(t, 2, n)
		require.NoError(t, s.Close())
	})
}

// start is my_sup:start_link/0, and init/1 with it.
func start(ctx context.Context, db, web func(context.Context) error) (*tree.Scope, error) {
	flags := policy.SupervisorScope
	flags.Strategy = policy.RestForOne
	flags.Intensity = policy.Intensity{Restarts: 3, Within: 10 * time.Second}

	return tree.Boot(ctx, tree.ChildSpec{Name: "my_sup", Policy: &flags, Children: []tree.ChildSpec{
		{Name: "db", Run: db, WaitReady: true, Stop: policy.Stop{Grace: 2 * time.Second}},
		{Name: "web", Run: web, WaitReady: true, Restart: policy.Transient},
	}})
}

// db is a child with an init: what it returns before Ready fails its start.
func db(ctx context.Context) error {
	conn := new(connectionToDB)
	defer conn.close() // terminate/2, on every way out
	if err := tree.Ready(ctx); err != nil {
		return err
	}
	<-tree.Draining(ctx) // exit(Pid, shutdown) has come
	return nil
}

type connectionToDB struct{ closed bool }

func (c *connectionToDB) close() { c.closed = true }

func TestTheSupervisorOfThePageStartsAndStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := start(t.Context(), db, func(ctx context.Context) error {
			return errors.Join(tree.Ready(ctx), untilAsked(ctx))
		})
		require.NoError(t, err)
		require.Equal(t, tree.ChildCounts{Children: 2, Active: 2}, s.CountChildren())
		begun := time.Now()
		require.NoError(t, s.Close())
		require.Zero(t, time.Since(begun))
	})
}

// monitor is monitor/2 and the 'DOWN' message: a task that waits for the end.
func monitor(ctx context.Context, s *tree.Scope, ch *tree.Child, down func(error)) error {
	return s.Go(ctx, func(ctx context.Context) error {
		down(ch.Wait(ctx))
		return nil
	})
}

func TestAMonitorHearsOfTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := alone(t)
		ch, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Restart: policy.Temporary, Run: func(ctx context.Context) error {
			return errors.Join(pass(ctx, time.Second), errCrash)
		}})
		require.NoError(t, err)
		heard := make(chan error, 1)
		require.NoError(t, monitor(t.Context(), s, ch, func(err error) { heard <- err }))
		require.ErrorIs(t, <-heard, errCrash)
		require.NoError(t, s.Close())
	})
}
