package tree_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
)

// call is a message with a number, which its handler gives back unless it says otherwise.
type call struct {
	n     int
	reply actor.Reply[int]
	do    func(actor.Reply[int]) // in place of the answer
}

// answering makes an actor that notes its calls and answers them.
func answering(log *trail) func(context.Context, actor.Ref[call]) (actor.Receiver[call], error) {
	return func(context.Context, actor.Ref[call]) (actor.Receiver[call], error) {
		return actor.ReceiverFunc[call](func(_ context.Context, c call) error {
			log.add(string(rune('0' + c.n)))
			if c.do != nil {
				c.do(c.reply)
			} else {
				c.reply.Send(10 * c.n)
			}
			return nil
		}), nil
	}
}

func askFor(ctx context.Context, ref actor.Ref[call], n int, do func(actor.Reply[int])) (int, error) {
	return actor.Ask(ctx, ref, func(r actor.Reply[int]) call { return call{n, r, do} })
}

func TestSupervision_179_ACallHasItsReplyAndASenderItsOrderAndASendToTheDeadIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		log := &trail{}
		ref, ch := spawn(t, s, actor.Spec[call]{Name: "server", New: answering(log)})
		require.NoError(t, ref.Send(t.Context(), call{n: 1}))
		require.NoError(t, ref.Send(t.Context(), call{n: 2}))
		got, err := askFor(t.Context(), ref, 3, nil)
		require.NoError(t, err)
		require.Equal(t, 30, got)
		require.NoError(t, ref.Send(t.Context(), call{n: 4}))
		synctest.Wait() // it was handled
		require.Equal(t, []string{"1", "2", "3", "4"}, log.list())

		require.NoError(t, ch.Shutdown(t.Context()))
		require.ErrorIs(t, ref.Send(t.Context(), call{n: 5}), actor.ErrStopped)
		_, err = askFor(t.Context(), ref, 6, nil)
		require.ErrorIs(t, err, actor.ErrStopped)
	})
}

func TestSupervision_181_ALateReplyIsNeverDeliveredAndTheServerLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		ref, ch := spawn(t, s, actor.Spec[call]{Name: "server", New: answering(&trail{})})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		late := make(chan bool, 1)
		begun := time.Now()
		_, err := askFor(ctx, ref, 1, func(r actor.Reply[int]) {
			pause(time.Minute)
			late <- r.Send(1)
		})
		require.ErrorIs(t, err, actor.ErrNoReply)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(begun))
		require.False(t, <-late)
		got, err := askFor(t.Context(), ref, 2, nil)
		require.NoError(t, err)
		require.Equal(t, 20, got, "not the late one")
		require.Equal(t, 1, ch.Incarnation())
	})
}

func TestSupervision_185_AReplyMayComeLaterAndFromAnotherGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		log := &trail{}
		ref, _ := spawn(t, s, actor.Spec[call]{Name: "server", New: answering(log)})
		begun := time.Now()
		got, err := askFor(t.Context(), ref, 1, func(r actor.Reply[int]) {
			go func() {
				pause(time.Second)
				require.NoError(t, ref.Send(t.Context(), call{n: 2}))
				pause(time.Second)
				r.Send(7)
			}()
		})
		require.NoError(t, err)
		require.Equal(t, 7, got)
		require.Equal(t, 2*time.Second, time.Since(begun))
		require.Equal(t, []string{"1", "2"}, log.list(), "it goes on meanwhile")
	})
}
