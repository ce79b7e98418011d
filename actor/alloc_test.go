package actor

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/mailbox"
)

func TestAnActorIsThreeObjectsWhileItsSpecIsGood(t *testing.T) {
	rec := ReceiverFunc[int](func(context.Context, int) error { return nil })
	spec := Spec[int]{Name: "brief", New: func(context.Context, Ref[int]) (Receiver[int], error) { return rec, nil }}
	q := newQuiet()
	got := testing.AllocsPerRun(100, func() {
		a, err := New(spec, q)
		if err != nil {
			t.Error(err)
		}
		a.Start()
		a.Close()
		<-q.ended
	})
	require.LessOrEqual(t, got, 3.0, "the actor, its mailbox, its incarnation")
}

func TestASendToAnActorThatKeepsUpAllocatesNothing(t *testing.T) {
	handled := make(chan struct{})
	rec := ReceiverFunc[letter](func(context.Context, letter) error { handled <- struct{}{}; return nil })
	q := newQuiet()
	a, err := New(Spec[letter]{Name: "steady", Mailbox: mailbox.Unbounded(),
		New: func(context.Context, Ref[letter]) (Receiver[letter], error) { return rec, nil }}, q)
	require.NoError(t, err)
	a.Start()
	got := testing.AllocsPerRun(1000, func() {
		_ = a.Ref().Send(context.Background(), letter{})
		<-handled
	})
	require.Zero(t, got)
	a.Close()
	<-q.ended
}
