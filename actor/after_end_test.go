package actor

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/internal/self"
	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
)

// noteEnd has s note the end of a under a name.
func (s *stage) noteEnd(a *Actor[play], name string) (stop func() bool) {
	return a.AfterEnd(func(why error) { s.note("%s: %v", name, why) })
}

// slowBurial is a stage that is told of dead letters only when its gate is closed.
type slowBurial struct {
	*stage
	gate chan struct{}
}

func (h slowBurial) DeadLetter(m any, why error) {
	<-h.gate
	h.stage.DeadLetter(m, why)
}

// buriedSlowly returns a player whose dead letters wait until gate is closed.
func buriedSlowly(t *testing.T, s *stage) (a *Actor[play], gate chan struct{}) {
	t.Helper()
	gate = make(chan struct{})
	a, err := New(Spec[play]{Name: "player", New: func(context.Context, Ref[play]) (Receiver[play], error) { return player(s), nil }}, slowBurial{s, gate})
	require.NoError(t, err)
	return a, gate
}

func TestTheEndOfAnActorIsToldWithWhatItsLastIncarnationFailedWith(t *testing.T) {
	for name, tt := range map[string]struct {
		plays []play // each for an incarnation of its own
		want  string
	}{
		"never started":          {nil, "<nil>"},
		"stopped":                {[]play{say("1")}, "<nil>"},
		"done":                   {[]play{done("1")}, "<nil>"},
		"failed":                 {[]play{fail("1")}, "broken"},
		"failed again":           {[]play{panics("1"), fail("2")}, "broken"},
		"stopped after a retry":  {[]play{fail("1"), say("2")}, "<nil>"},
		"done after it panicked": {[]play{panics("1"), done("2")}, "<nil>"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{}
				a := actorOn(t, s, mailbox.Spec{})
				s.noteEnd(a, "end")
				for _, p := range tt.plays {
					go s.start(t.Context(), a)
					send(t, a, p)
					require.NotContains(t, s.told(), "end: "+tt.want, "it may be started again")
				}
				a.Close()
				require.Contains(t, s.told(), "end: "+tt.want)
				a.Close()
				require.Empty(t, s.told(), "told once")
			})
		})
	}
}

func TestTheEndIsToldBeforeWhatIsQueuedIsDealtWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a, gate := buriedSlowly(t, s)
		send(t, a, say("1"), say("2"))
		s.noteEnd(a, "end")
		a.AfterEmpty(func() { s.note("empty") })
		a.Close()
		require.Equal(t, []string{"end: <nil>"}, s.told())
		close(gate)
		require.Equal(t, []string{"dead 1: actor: stopped", "dead 2: actor: stopped", "empty"}, s.told())
		a.AfterEmpty(func() { s.note("empty still") })
		require.Equal(t, []string{"empty still"}, s.trail)
	})
}

func TestTheEndOfABusyActorIsToldWhenItHasEndedAndBeforeItsHostHearsOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		gate := make(chan struct{})
		send(t, a, until("1", gate))
		go s.start(t.Context(), a)
		synctest.Wait() // 1 is in hand
		s.noteEnd(a, "end")
		a.Close()
		require.Equal(t, []string{"up", "got 1"}, s.told())
		close(gate)
		require.Equal(t, []string{"end: <nil>", "ended: <nil>"}, s.told())
	})
}

func TestTheEndOfAnActorThatHasEndedIsToldAtOnce(t *testing.T) {
	s := &stage{}
	a := actorOn(t, s, mailbox.Spec{})
	a.Close()
	stop := s.noteEnd(a, "late")
	require.Equal(t, []string{"late: actor: stopped"}, s.trail)
	require.False(t, stop())
}

// Who looks for the end finds the actor halted before those who waited were told.
func TestWhoComesLateDoesNotTakeTheCauseFromThoseWhoWaited(t *testing.T) {
	s := &stage{}
	a := actorOn(t, s, mailbox.Spec{})
	s.noteEnd(a, "early")
	a.word.Store(halted | closeFlag)
	s.noteEnd(a, "late")
	require.Equal(t, []string{"late: actor: stopped"}, s.trail)
	a.more.Load().tellEnd(errBroken)
	require.Equal(t, []string{"late: actor: stopped", "early: broken"}, s.trail)
}

func TestAWaitForTheEndCanBeTakenBack(t *testing.T) {
	s := &stage{}
	a := actorOn(t, s, mailbox.Spec{})
	stop := s.noteEnd(a, "never")
	s.noteEnd(a, "end")
	require.True(t, stop())
	require.False(t, stop())
	a.Close()
	require.Equal(t, []string{"end: <nil>"}, s.trail)
}

func TestAnActorThatIsStartedAgainEndsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := actorOn(t, s, mailbox.Spec{})
		s.noteEnd(a, "first")
		a.Close()
		a.Open()
		s.noteEnd(a, "second")
		go s.start(t.Context(), a)
		require.Equal(t, []string{"first: <nil>", "up"}, s.told())
		send(t, a, fail("1"))
		require.Equal(t, []string{"got 1", "dead 1: broken", "ended: broken"}, s.told())
		a.Close()
		require.Equal(t, []string{"second: broken"}, s.told())
	})
}

func TestWhoIsOpenedWhileItIsEmptiedHasNotEndedBeforeItIsClosedAgain(t *testing.T) {
	for _, started := range []bool{true, false} {
		t.Run(fmt.Sprintf("started=%v", started), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{}
				a, gate := buriedSlowly(t, s)
				send(t, a, say("1"))
				a.Close()
				a.Open()
				s.noteEnd(a, "end")
				if started {
					go s.start(t.Context(), a)
				}
				require.Empty(t, s.told(), "the dead letter keeps it")
				close(gate)
				want := []string{"dead 1: actor: stopped"}
				if started {
					want = append(want, "up")
				}
				require.Equal(t, want, s.told())
				a.Close()
				require.Contains(t, s.told(), "end: <nil>")
			})
		})
	}
}

func TestWhoIsClosedAgainWhileItIsEmptiedHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a, gate := buriedSlowly(t, s)
		send(t, a, say("1"))
		a.Close()
		s.noteEnd(a, "late")
		a.Open()
		s.noteEnd(a, "end")
		a.Close()
		require.Equal(t, []string{"late: actor: stopped", "end: <nil>"}, s.told())
		close(gate)
	})
}

func TestARefTellsTheEndOnAGoroutineOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := actorOn(t, &stage{}, mailbox.Spec{})
		told := make(chan error) // unbuffered: a caller that waited for its receiver would hang
		a.Ref().AfterEnd(func(why error) { told <- why })
		stop := a.Ref().AfterEnd(func(error) { told <- errBroken })
		require.True(t, stop())
		a.Close()
		require.NoError(t, <-told)
		a.Ref().AfterEnd(func(why error) { told <- why })
		require.Equal(t, ErrStopped, <-told)
		Ref[play]{}.AfterEnd(func(why error) { told <- why })
		require.Equal(t, ErrStopped, <-told)
	})
}

func TestTheZeroRefHasEnded(t *testing.T) {
	var why error
	stop := Ref[play]{}.OnEnd(self.Ending{Told: func(err error) { why = err }})
	require.Equal(t, ErrStopped, why)
	require.False(t, stop())
}

func TestEveryWaitForAnEndIsToldOnceOrTakenBack(t *testing.T) {
	for range 100 {
		l := &ledger{ended: make(chan struct{}, 1)}
		a := ledgerActor(t, l, mailbox.Bounded(4, mailbox.Block))
		var told, back atomic.Int64
		var all sync.WaitGroup
		const each = 40
		for range 3 {
			all.Go(func() {
				for i := range each {
					var times atomic.Int64
					stop := a.AfterEnd(func(error) {
						if times.Add(1) > 1 {
							panic("told twice")
						}
						told.Add(1)
					})
					if i%3 == 0 && stop() {
						back.Add(1)
					}
					runtime.Gosched()
				}
			})
		}
		all.Go(func() { l.start(t.Context(), a) })
		all.Go(func() { l.trade(t.Context(), a, 20) })
		all.Go(a.Close)
		all.Wait()
		<-l.ended
		require.Equal(t, int64(3*each), told.Load()+back.Load())
	}
}

func TestAnActorThatNeedNotRunHasNotFailed(t *testing.T) {
	for _, reason := range []error{policy.ErrIgnored, fmt.Errorf("no work: %w", policy.ErrIgnored)} {
		synctest.Test(t, func(t *testing.T) {
			s := &stage{}
			a, err := New(Spec[play]{Name: "player", New: func(context.Context, Ref[play]) (Receiver[play], error) { return nil, reason }}, s)
			require.NoError(t, err)
			s.noteEnd(a, "end")
			go s.start(t.Context(), a)
			require.Equal(t, []string{fmt.Sprintf("ended: %v", reason)}, s.told())
			a.Close()
			require.Equal(t, []string{"end: <nil>"}, s.told())
		})
	}
}
