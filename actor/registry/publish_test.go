package registry_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/registry"
)

func TestAMessageToNobodyIsTakenByNobody(t *testing.T) {
	var g groups
	took, err := g.Publish(t.Context(), "news", "hello")
	require.NoError(t, err)
	require.Zero(t, took)
}

func TestWhoeverMissesAMessageIsNamedWithTheReason(t *testing.T) {
	var g groups
	errLate := errors.New("late")
	good, full, gone := newFake("good"), newFake("full").takes(0), newFake("gone")
	for i, f := range []*fake{gone, full, good} {
		require.NoError(t, g.Join("news", f.ref(), i))
	}
	gone.close() // and the registry does not know yet

	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errLate)
	for try, why := range map[bool]error{true: actor.ErrFull, false: errLate} {
		publish := func(m string) (int, error) { return g.Publish(ctx, "news", m) }
		if try {
			publish = func(m string) (int, error) { return g.TryPublish("news", m) }
		}
		took, err := publish("hello")
		require.Equal(t, 1, took)
		require.ErrorIs(t, err, actor.ErrStopped)
		require.ErrorIs(t, err, why)
		var missed *registry.MissedError[string]
		require.ErrorAs(t, err, &missed)
		require.Equal(t, &registry.MissedError[string]{Took: 1, Missed: []registry.Missed[string]{
			{Entry: registry.Entry[string]{Ref: gone.ref(), Value: 0}, Err: actor.ErrStopped},
			{Entry: registry.Entry[string]{Ref: full.ref(), Value: 1}, Err: why},
		}}, missed)
		require.EqualError(t, err, "registry: 2 of 3 did not take the message: gone: actor: stopped; full: "+why.Error())
	}
	require.Equal(t, []string{"hello", "hello"}, good.messages())
}

func TestTheErrorOfManyWhoMissedAMessageStaysShort(t *testing.T) {
	var g groups
	for i := range 5 {
		require.NoError(t, g.Join("news", newFake(fmt.Sprint("f", i)).takes(0).ref(), nil))
	}
	_, err := g.TryPublish("news", "hello")
	require.EqualError(t, err, "registry: 5 of 5 did not take the message: f0: mailbox: full; f1: mailbox: full; f2: mailbox: full; and 2 more")
}

// The fake waits for room in steps of a second.
func TestOneWhoHasNoRoomHoldsUpNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g groups
		full, good := newFake("full").takes(0), newFake("good")
		require.NoError(t, g.Join("news", full.ref(), nil))
		require.NoError(t, g.Join("news", good.ref(), nil))
		begun := time.Now()
		go func() {
			synctest.Wait() // Publish waits
			require.Len(t, good.messages(), 1)
			require.NoError(t, pause(t.Context(), 2500*time.Millisecond))
			full.takes(1)
		}()
		took, err := g.Publish(t.Context(), "news", "hello")
		require.NoError(t, err)
		require.Equal(t, 2, took)
		require.Equal(t, 3*time.Second, time.Since(begun))
	})
}
