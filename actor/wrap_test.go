package actor

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
)

// noting is a wrapper that notes each message before and after it was handled, and
// counts them for one incarnation.
func noting(s *stage, name string) Wrapper[play] {
	return func(next Receiver[play]) Receiver[play] {
		count := 0
		return ReceiverFunc[play](func(ctx context.Context, p play) error {
			count++
			s.note("%s in %s %d", name, p.name, count)
			defer s.note("%s out %s", name, p.name)
			return next.Receive(ctx, p)
		})
	}
}

func TestWrappersAreAroundEachOtherTheFirstOutermost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := playerOn(t, s, Spec[play]{Wrap: []Wrapper[play]{noting(s, "outer"), noting(s, "inner")}})
		send(t, a, say("1"))
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "outer in 1 1", "inner in 1 1", "got 1", "inner out 1", "outer out 1"}, s.told())
	})
}

func TestAWrapperIsCalledForEachIncarnationAndSeesHowItEnds(t *testing.T) {
	for name, end := range map[string]play{"an error": fail("x"), "a panic": panics("x"), "Goexit": exits("x")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{}
				a := playerOn(t, s, Spec[play]{Wrap: []Wrapper[play]{noting(s, "w")}})
				send(t, a, say("1"), end)
				for range 2 {
					go s.start(t.Context(), a)
					trail := s.told()
					require.Equal(t, []string{"up", "w in 1 1", "got 1", "w out 1", "w in x 2", "got x", "w out x"}, trail[:7])
					require.Len(t, trail, 9, "the dead letter and the end")
					send(t, a, say("1"), end)
				}
			})
		})
	}
}

// There is nothing between an actor without wrappers and its Receiver.
func TestWithoutWrappersTheReceiverIsCalledAsItIs(t *testing.T) {
	s := &stage{}
	rec := &hooked{stage: s}
	a := playerOn(t, s, Spec[play]{New: func(context.Context, Ref[play]) (Receiver[play], error) { return rec, nil }})
	s.start(t.Context(), a)
	require.Same(t, rec, a.receiver)
	a.Close()
}

// hooked is a Receiver with all hooks.
type hooked struct{ stage *stage }

func newHooked(s *stage) func(context.Context, Ref[play]) (Receiver[play], error) {
	return func(context.Context, Ref[play]) (Receiver[play], error) { return &hooked{s}, nil }
}

func (h *hooked) Receive(ctx context.Context, p play) error { return player(h.stage).Receive(ctx, p) }
func (h *hooked) Stopped(_ context.Context, why error)      { h.stage.note("stopped: %v", why) }
func (h *hooked) Idle(context.Context) error                { h.stage.note("idle"); return nil }

func TestTheHooksOfAReceiverThatIsWrappedAreItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := playerOn(t, s, Spec[play]{IdleAfter: time.Second, Wrap: []Wrapper[play]{noting(s, "w")}, New: newHooked(s)})
		go s.start(t.Context(), a)
		<-time.After(time.Minute)
		require.Equal(t, []string{"up", "idle"}, s.told())
		send(t, a, fail("x"))
		require.Equal(t, []string{"w in x 1", "got x", "w out x", "dead x: broken", "stopped: broken", "ended: broken"}, s.told())
	})
}

// The Receiver was made, so it is told to give back what it has.
func TestAWrapperThatFailsIsAStartThatFailed(t *testing.T) {
	for name, c := range map[string]struct {
		wrap Wrapper[play]
		want error
	}{
		"nothing": {func(Receiver[play]) Receiver[play] { return nil }, errNilWrapped},
		"a panic": {func(Receiver[play]) Receiver[play] { panic(errBroken) }, errBroken},
		"Goexit":  {func(Receiver[play]) Receiver[play] { runtime.Goexit(); return nil }, policy.ErrGoexit},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{}
				a := playerOn(t, s, Spec[play]{Wrap: []Wrapper[play]{c.wrap}, New: newHooked(s)})
				send(t, a, say("1"))
				go s.start(t.Context(), a)
				trail := s.told()
				require.Len(t, trail, 2)
				require.Regexp(t, "^stopped: ", trail[0])
				require.ErrorIs(t, s.lastEnd(t), c.want)
				require.Equal(t, 1, a.Stats().Len, "the message waits for an incarnation that comes up")
				a.Close()
			})
		})
	}
}

func TestAWrapperThatIsNilIsRefused(t *testing.T) {
	err := Spec[int]{Name: "a", New: newNothing, Wrap: []Wrapper[int]{nil}}.Validate()
	require.EqualError(t, err, "actor.Spec.Wrap[0] = nil: must be a function")
}

func TestAMessageThatIsWrappedCanBeChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		louder := func(next Receiver[play]) Receiver[play] {
			return ReceiverFunc[play](func(ctx context.Context, p play) error {
				p.name += "!"
				return next.Receive(ctx, p)
			})
		}
		a := playerOn(t, s, Spec[play]{Wrap: []Wrapper[play]{louder}})
		send(t, a, say("1"), fail("2"))
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up", "got 1!", "got 2!", "dead 2: broken", "ended: broken"}, s.told(),
			"the dead letter is what was sent")
	})
}
