package hollywood

import (
	"testing"
	"time"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/understudy-go/understudy/actor"
)

// asNumber sends a puzzle as a text, and takes a number for an answer.
func asNumber(p puzzle) (Outgoing, error) {
	return Outgoing{Message: wrapperspb.String(p.text), Answer: func(v any) bool {
		n, ok := v.(*wrapperspb.Int64Value)
		return ok && p.reply.Send(int(n.Value))
	}}, nil
}

// unanswered starts a Request and an Ask of an actor that will answer neither, and returns
// what they come to. Both have arrived.
func (o *other) unanswered(counter *hactor.PID) (requested, asks <-chan error) {
	r, a := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := Request[*wrapperspb.Int64Value](o.ctx(), o.here, counter, wrapperspb.String("to this there is no answer"))
		r <- err
	}()
	go func() {
		_, err := asked(o.ctx(), RefAs(o.here, counter, asNumber), "nor to this")
		a <- err
	}()
	for o.add(counter, 0) < 2000 { // it counts what it does not answer
	}
	return r, a
}

func TestWhenAnotherProcessIsKilledThoseWhoWaitForItAreTold(t *testing.T) {
	o := connect(t)
	events := make(chan Event, 1000)
	stop, err := Observe(o.here, func(e Event) { events <- e })
	require.NoError(t, err)
	defer stop()
	counter := o.counter("one")
	ref := RefTo[*wrapperspb.Int64Value](o.here, counter)
	ended := make(chan error, 1)
	ref.AfterEnd(func(why error) { ended <- why })
	requested, asks := o.unanswered(counter)

	o.kill()
	require.ErrorIs(t, <-ended, ErrUnreachable)
	for _, c := range []<-chan error{requested, asks} {
		err := <-c
		require.ErrorIs(t, err, ErrUnreachable)
		require.ErrorIs(t, err, actor.ErrNoReply, "what was done there nobody knows")
	}
	for e := range events {
		if e.Kind == RemoteUnreachable {
			require.Equal(t, o.address, e.Address)
			break
		}
	}

	_, err = Request[*wrapperspb.Int64Value](o.ctx(), o.here, counter, wrapperspb.Int64(1))
	require.ErrorIs(t, err, ErrUnreachable)
	require.NotErrorIs(t, err, actor.ErrNoReply, "it was not sent")
	require.ErrorContains(t, err, o.address)
	require.ErrorIs(t, ref.TrySend(wrapperspb.Int64(1)), ErrUnreachable)
	_, err = Order(o.ctx(), o.here, o.app, StartChild{Factory: "idle"})
	require.ErrorIs(t, err, ErrUnreachable)
	_, err = asked(o.ctx(), RefAs(o.here, counter, asNumber), "hello?")
	require.ErrorIs(t, err, ErrUnreachable)
}

func TestANodeThatComesBackIsReachedAgain(t *testing.T) {
	o := connect(t)
	lost := make(chan struct{}, 10)
	stop, err := Observe(o.here, func(e Event) {
		if e.Kind == RemoteUnreachable {
			lost <- struct{}{}
		}
	})
	require.NoError(t, err)
	defer stop()
	counter := o.counter("one")
	require.EqualValues(t, 1, o.add(counter, 1))
	o.kill()
	<-lost
	o.start()
	<-time.After(RetryAfter) // until then it is not tried
	counter = o.counter("one")
	require.EqualValues(t, 1, o.add(counter, 1), "another one, from nothing")
}

func TestWhatAnotherProcessCannotMarshalEndsNeitherOfThem(t *testing.T) {
	o := connect(t)
	counter := o.counter("one")
	err := RefTo[string](o.here, counter).Send(t.Context(), "no protobuf message")
	require.ErrorIs(t, err, ErrMarshal)
	_, err = Request[any](o.ctx(), o.here, counter, "nor this")
	require.ErrorIs(t, err, ErrMarshal)
	o.here.Send(counter, "nor this, past this package")
	// The answer by c.Respond is stopped by the guard there, which knows the request.
	_, err = Request[any](o.ctx(), o.here, counter, wrapperspb.String("no protobuf message, please"))
	require.ErrorIs(t, err, ErrMarshal)
	require.EqualValues(t, 1, o.add(counter, 1))
}
