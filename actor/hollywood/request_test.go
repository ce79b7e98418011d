package hollywood

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/mailbox"
)

// waiting returns how many watches a hub holds.
func waiting(h *hub) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, o := range h.owns {
		n += len(o.watches)
	}
	for _, o := range h.nodes {
		n += len(o.watches)
	}
	return n
}

func TestARequestIsAnsweredByWhatIsResponded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		pid := e.SpawnFunc(on(func(c *hactor.Context, n int) {
			c.Respond(n + 1)
			c.Respond("a second answer") // which blocks for ever in Hollywood
		}), "theirs", hactor.WithInboxSize(4))
		n, err := Request[int](t.Context(), e, pid, 41)
		require.NoError(t, err)
		require.Equal(t, 42, n)
		_, err = Request[string](t.Context(), e, pid, 1)
		require.ErrorIs(t, err, ErrType)
		require.ErrorContains(t, err, "local/theirs/")
		require.ErrorContains(t, err, "answered with int, not string")
		v, err := Request[any](t.Context(), e, pid, 1)
		require.NoError(t, err)
		require.Equal(t, 2, v)
		require.Zero(t, waiting(hubOf(e)), "nothing stays behind")
	})
}

func TestARequestEndsWithItsContextWithTheProcessAndWithoutOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[string]{}
		deaf := e.Spawn(players(got, nil), "deaf", hactor.WithID("one"), hactor.WithInboxSize(4))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begun := time.Now()
		_, err := Request[int](ctx, e, deaf, "hello?")
		require.ErrorIs(t, err, actor.ErrNoReply)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Minute, time.Since(begun))
		got.told()
		_, err = Request[int](ctx, e, deaf, "again")
		require.Equal(t, context.DeadlineExceeded, err, "not sent")

		time.AfterFunc(time.Hour, func() { e.Stop(deaf) })
		_, err = Request[int](t.Context(), e, deaf, "anybody?")
		require.Equal(t, &actor.NoReplyError{}, err)
		_, err = Request[int](t.Context(), e, deaf, "anybody?")
		require.Equal(t, actor.ErrStopped, err, "not sent")
		require.Equal(t, []string{"1: anybody?", "1: actor.Stopped"}, got.told())
		require.Zero(t, waiting(hubOf(e)))
	})
}

func TestARequestToAnExposedActorFailsWithWhatItsMessageFailsWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, gate := newEngine(t), make(chan struct{})
		var told []Refusal
		ref, stop := puzzled(t, gate)
		pid, _, err := Expose(e, ref, Options[puzzle]{
			Accept: func(m any, from *Sender) (puzzle, bool) {
				s, ok := m.(string)
				if s == "boom" {
					panic("no message")
				}
				return puzzle{s, ReplyTo[int](from)}, ok
			},
			Refused: func(r Refusal) { told = append(told, r) },
		})
		require.NoError(t, err)
		ask := func(m any) error { _, err := Request[int](t.Context(), e, pid, m); return err }
		n, err := Request[int](t.Context(), e, pid, "four")
		require.NoError(t, err)
		require.Equal(t, 4, n)
		require.Equal(t, ErrType, ask(42))
		require.ErrorContains(t, ask("boom"), "panic: no message")
		require.Len(t, told, 2)
		require.ErrorIs(t, ask("crash"), actor.ErrNoReply, "its incarnation ended")

		ends := make(chan error, 4)
		for _, m := range []string{"wait", "queued", "one too many"} {
			go func() { ends <- ask(m) }()
			settled() // it is where it can get
		}
		require.Equal(t, actor.ErrFull, <-ends)
		stop()
		settled() // it ends after the message in hand
		close(gate)
		got := []error{<-ends, <-ends}
		require.Contains(t, got, error(actor.ErrStopped), "queued when the actor ended: %+v", got)
	})
}

// puzzle is a message of an actor that knows nothing of Hollywood.
type puzzle struct {
	text  string
	reply actor.Reply[int]
}

// puzzled runs an actor that answers with the length of a text, until stop is called. It
// comes back after a crash.
func puzzled(t *testing.T, gate <-chan struct{}) (ref actor.Ref[puzzle], stop func()) {
	t.Helper()
	run, ref, err := actor.Func(actor.Spec[puzzle]{Name: "puzzled", Mailbox: mailbox.Bounded(1, mailbox.Reject),
		New: func(context.Context, actor.Ref[puzzle]) (actor.Receiver[puzzle], error) {
			return actor.ReceiverFunc[puzzle](func(_ context.Context, p puzzle) error {
				switch p.text {
				case "crash":
					return errCrash
				case "wait":
					<-gate
				}
				p.reply.Send(len(p.text))
				return nil
			}), nil
		}})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		for ctx.Err() == nil {
			run(ctx)
		}
	}()
	t.Cleanup(func() { cancel(); <-over })
	return ref, cancel
}

func TestHollywoodsOwnRequestsAreAnsweredByARepliesOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		ref, _ := puzzled(t, nil)
		pid, unexpose, err := Expose(e, ref, Options[puzzle]{Accept: func(m any, from *Sender) (puzzle, bool) {
			s, ok := m.(string)
			return puzzle{s, ReplyTo[int](from)}, ok
		}})
		require.NoError(t, err)
		defer unexpose()
		v, err := e.Request(pid, "four", time.Second).Result()
		require.NoError(t, err)
		require.Equal(t, 4, v)
		_, err = e.Request(pid, "crash", time.Second).Result()
		require.ErrorIs(t, err, context.DeadlineExceeded, "they cannot be told")
		e.Send(pid, "nobody asks")
		settled() // the zero Reply
	})
}

func TestAnActorThatRequestsOfItselfIsToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[any]{}
		pid, _ := adopted(t, e, players(&trail[string]{}, on(func(c *hactor.Context, m string) {
			_, err := Request[int](c.Context(), c.Engine(), c.PID(), "to myself")
			got.add(err)
		})), Adoption{})
		e.Send(pid, "try")
		require.Equal(t, []any{actor.ErrSelfAsk}, got.told())
	})
}

func TestARequestOfAnAdoptedActorThatCrashesFailsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		pid, _ := adopted(t, e, players(&trail[string]{}, nil), Adoption{})
		_, err := Request[int](t.Context(), e, pid, crashNow{})
		require.ErrorIs(t, err, actor.ErrNoReply)
		require.ErrorIs(t, err, errCrash)
	})
}

func TestWhatARequestIsMadeOfIsChecked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		_, err := Request[int](t.Context(), nil, nil, 1)
		require.ErrorContains(t, err, "hollywood.Request: engine = nil")
		_, err = Request[int](t.Context(), e, nil, 1)
		require.ErrorContains(t, err, "hollywood.Request: pid = nil")
		var nowhere context.Context
		_, err = Request[int](nowhere, e, hactor.NewPID("local", "a/b"), 1)
		require.ErrorContains(t, err, "hollywood.Request: ctx = nil")
		far := hactor.NewPID("10.0.0.1:4000", "a/b")
		_, err = Request[int](t.Context(), e, far, 1)
		require.ErrorIs(t, err, ErrMarshal)
		_, err = Request[int](t.Context(), e, far, wrapperspb.Int64(1))
		require.ErrorIs(t, err, ErrUnreachable)
		require.ErrorContains(t, err, "the engine has no remote")
		require.Zero(t, waiting(hubOf(e)))
	})
}
