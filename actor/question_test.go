package actor

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/internal/self"
	"github.com/understudy-go/understudy/mailbox"
)

// puzzle is a message with a place for its answer.
type puzzle struct {
	reply Reply[int]
	do    func(puzzle) error
}

// question makes puzzles for which nobody waits, and writes down what they come to.
func (s *stage) question(do func(puzzle) error) Envelope[puzzle] {
	reply, q := NewQuestion(self.Answered[int]{Told: func(n int, err error) { s.note("%d, %v", n, err) }})
	return Envelop(puzzle{reply, do}, q)
}

// answerer runs an actor that does what its puzzles say.
func answerer(t *testing.T, s *stage, box mailbox.Spec) *Actor[puzzle] {
	t.Helper()
	a, err := New(Spec[puzzle]{Name: "answerer", Mailbox: box, New: func(context.Context, Ref[puzzle]) (Receiver[puzzle], error) {
		return ReceiverFunc[puzzle](func(_ context.Context, q puzzle) error { return q.do(q) }), nil
	}}, s)
	require.NoError(t, err)
	t.Cleanup(a.Close)
	return a
}

func TestWhatAQuestionComesToIsToldOnceAndNobodyWaitsForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := answerer(t, s, mailbox.Bounded(1, mailbox.Reject))
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up"}, s.told())

		e := s.question(func(q puzzle) error {
			s.note("%v, %v", q.reply.Send(42), q.reply.Send(43))
			return nil
		})
		require.True(t, e.IsAsk())
		require.True(t, e.Waits())
		require.NoError(t, a.Ref().TryPut(e))
		require.Equal(t, []string{"42, <nil>", "true, false"}, s.told())
		require.False(t, e.Waits())
		require.False(t, e.Fail(ErrStopped))

		require.NoError(t, a.Ref().Put(t.Context(), s.question(func(puzzle) error { return errBroken })))
		require.Equal(t, []string{"0, actor: no reply: broken"}, withoutDeath(s.told()))
	})
}

func TestAQuestionThatNobodyTakesIsToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := answerer(t, s, mailbox.Bounded(1, mailbox.Reject))
		require.NoError(t, a.Ref().TryPut(s.question(nil)))
		require.ErrorIs(t, a.Ref().TryPut(s.question(nil)), ErrFull)
		require.Empty(t, s.told(), "an error of TryPut is all that is said of it")
		a.Close()
		require.Equal(t, []string{"0, actor: stopped"}, s.told())
		require.ErrorIs(t, a.Ref().Put(t.Context(), s.question(nil)), ErrStopped)
		require.ErrorIs(t, Ref[puzzle]{}.Put(t.Context(), s.question(nil)), ErrStopped)
		require.ErrorIs(t, Ref[puzzle]{}.TryPut(s.question(nil)), ErrStopped)
	})
}

func TestTheZeroQuestionIsASend(t *testing.T) {
	e := Envelop("hello", Question{})
	require.False(t, e.IsAsk())
	require.False(t, e.Waits())
	require.True(t, e.Take())
}

// withoutDeath leaves out what the host is told beside.
func withoutDeath(told []string) (rest []string) {
	for _, line := range told {
		if line != "ended: broken" && line[:4] != "dead" {
			rest = append(rest, line)
		}
	}
	return rest
}
