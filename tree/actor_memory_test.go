package tree_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// An error is kept for the next New, and no longer: neither of an actor that comes back
// nor of one that has gone.
func TestRestartsOfAnActorLeaveNothingBehind(t *testing.T) {
	p := policy.SupervisorScope
	p.Intensity = policy.Intensity{Restarts: 1 << 30, Within: time.Millisecond} // it remembers those within it
	s := opened(t, p, nobody())
	spawn := func(name string) actor.Ref[order] {
		// The runtime keeps a timer that was stopped for as long as it would have run.
		ref, err := tree.Spawn(t.Context(), s, actor.Spec[order]{Name: name, StopWithin: time.Millisecond,
			New: func(ctx context.Context, _ actor.Ref[order]) (actor.Receiver[order], error) {
				_ = actor.LastError(ctx)
				return &clerk{log: &trail{}}, nil
			}})
		require.NoError(t, err)
		return ref
	}
	fail := func(ref actor.Ref[order], i int) {
		_, err := actor.Ask(t.Context(), ref, func(r actor.Reply[int]) order {
			return order{count: r, do: func(ctx context.Context) error { return errors.Join(oneInTen(i)(ctx), errBoom) }}
		})
		if !errors.Is(err, actor.ErrNoReply) { // require costs too much here
			t.Fatal(err)
		}
	}
	stays := spawn("stays")
	flat(t, crowd(20_000), func(n int) {
		goes := spawn("goes")
		for i := range n / 2 {
			fail(stays, i)
			fail(goes, i)
		}
		ch, err := s.Child("goes")
		require.NoError(t, err)
		require.NoError(t, ch.Remove(t.Context()))
		settled(t, s)
	})
}
