package hollywood

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
)

// asText sends a puzzle as its text, and takes a number for an answer.
func asText(p puzzle) (Outgoing, error) {
	switch p.text {
	case "":
		return Outgoing{}, errors.New("nothing to say")
	case "panic":
		panic(errCrash)
	case "told":
		return Outgoing{Message: p.text}, nil
	}
	return Outgoing{Message: p.text, Answer: func(v any) bool {
		n, ok := v.(int)
		return ok && p.reply.Send(n)
	}}, nil
}

// asked asks ref a puzzle.
func asked(ctx context.Context, ref actor.Ref[puzzle], text string) (int, error) {
	return actor.Ask(ctx, ref, func(r actor.Reply[int]) puzzle { return puzzle{text, r} })
}

func TestARefMayStandForAnActorThatTakesAndRespondsSomethingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[string]{}
		pid := e.Spawn(players(got, on(func(c *hactor.Context, m string) {
			switch m {
			case "four":
				c.Respond(4)
			case "what":
				c.Respond("a text")
			}
		})), "theirs", hactor.WithID("one"), hactor.WithInboxSize(4))
		ref := RefAs(e, pid, asText)
		require.Equal(t, "local/theirs/one", ref.Path())
		got.told()

		n, err := asked(t.Context(), ref, "four")
		require.NoError(t, err)
		require.Equal(t, 4, n)
		_, err = asked(t.Context(), ref, "what")
		require.ErrorIs(t, err, ErrType)
		require.ErrorIs(t, err, actor.ErrNoReply)
		_, err = asked(t.Context(), ref, "told")
		require.ErrorIs(t, err, ErrRemote)
		_, err = asked(t.Context(), ref, "")
		require.EqualError(t, err, "nothing to say")
		require.ErrorIs(t, ref.TrySend(puzzle{text: "panic"}), errCrash)
		require.NoError(t, ref.TrySend(puzzle{text: "told"}))
		require.Equal(t, []string{"1: four", "1: what", "1: told"}, got.told())

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err = asked(ctx, ref, "deaf")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		settled() // the request is forgotten
		require.Zero(t, waiting(hubOf(e)))

		time.AfterFunc(time.Minute, func() { e.Stop(pid) })
		_, err = asked(t.Context(), ref, "deaf")
		require.Equal(t, &actor.NoReplyError{}, err)
		_, err = asked(t.Context(), ref, "deaf")
		require.Equal(t, actor.ErrStopped, err)
		require.ErrorIs(t, ref.TrySend(puzzle{text: "told"}), actor.ErrStopped)
	})
}

func TestARefThatCannotStandForAnybodyIsTheZeroRef(t *testing.T) {
	pid := hactor.NewPID("a", "b/c")
	require.True(t, RefAs(nil, pid, asText).IsZero())
	require.True(t, RefAs(&hactor.Engine{}, nil, asText).IsZero())
	require.True(t, RefAs[puzzle](&hactor.Engine{}, pid, nil).IsZero())
}
