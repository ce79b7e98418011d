package actor

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/mailbox"
)

// namedStage is a stage whose actor has a name of its own.
type namedStage struct {
	*stage
	name string
}

func (n namedStage) ID() ID { return ID{Path: n.name} }

// chain is a message that asks the others in it, one asking the next.
type chain struct {
	to    []Ref[chain]
	allow bool // circles
	reply Reply[string]
	hold  bool // the reply goes to the held ones, and is not sent
}

// linkOf returns a started actor whose name is its answer when nobody else is to be asked.
func linkOf(t *testing.T, name string, box mailbox.Spec, held chan<- Reply[string]) Ref[chain] {
	t.Helper()
	s := &stage{}
	a, err := New(Spec[chain]{Name: name, Mailbox: box, New: func(context.Context, Ref[chain]) (Receiver[chain], error) {
		return ReceiverFunc[chain](func(ctx context.Context, c chain) error {
			answer := name
			if len(c.to) > 0 {
				if c.allow {
					ctx = AllowAskCycle(ctx)
				}
				var err error
				answer, err = Ask(ctx, c.to[0], func(r Reply[string]) chain { return chain{to: c.to[1:], allow: c.allow, reply: r} })
				if err != nil {
					answer = err.Error()
				}
			}
			if c.hold {
				held <- c.reply
				return nil
			}
			c.reply.Send(name + " got " + answer)
			return nil
		}), nil
	}}, namedStage{s, name})
	require.NoError(t, err)
	go s.start(t.Context(), a)
	t.Cleanup(a.Close)
	return a.Ref()
}

func askAlong(ctx context.Context, first Ref[chain], to ...Ref[chain]) (string, error) {
	return Ask(ctx, first, func(r Reply[string]) chain { return chain{to: to, reply: r} })
}

func TestTheAskThatClosesACircleFailsWithItsPathAndTheOthersGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, c := linkOf(t, "a", mailbox.Spec{}, nil), linkOf(t, "b", mailbox.Spec{}, nil), linkOf(t, "c", mailbox.Spec{}, nil)
		got, err := askAlong(t.Context(), a, b, a)
		require.NoError(t, err)
		require.Equal(t, "a got b got actor: asks in a circle: b, a, b", got)
		got, err = askAlong(t.Context(), a, b, c, a)
		require.NoError(t, err)
		require.Equal(t, "a got b got c got actor: asks in a circle: c, a, b, c", got)
		got, err = askAlong(t.Context(), a, b, c)
		require.NoError(t, err)
		require.Equal(t, "a got b got c got c", got, "what is over is no circle")
	})
}

func TestAnAskCycleIsAnErrorThatCallersCanTest(t *testing.T) {
	err := error(&AskCycleError{Path: []string{"a", "b", "a"}})
	require.ErrorIs(t, err, ErrAskCycle)
	require.NotErrorIs(t, err, ErrSelfAsk)
	var cycle *AskCycleError
	require.ErrorAs(t, errors.Join(err), &cycle)
	require.Equal(t, []string{"a", "b", "a"}, cycle.Path)
}

func TestACircleThatIsAllowedIsNotSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := make(chan Reply[string], 1)
		keeper := linkOf(t, "keeper", mailbox.Spec{}, held)
		asker := linkOf(t, "asker", mailbox.Spec{}, nil)
		answered := make(chan string, 1)
		go func() {
			got, _ := Ask(t.Context(), asker, func(r Reply[string]) chain {
				return chain{to: []Ref[chain]{keeper}, allow: true, reply: r}
			})
			answered <- got
		}()
		synctest.Wait() // the keeper has answered
		require.Equal(t, "asker got keeper got keeper", <-answered)

		// The keeper hands its Reply on and asks the asker: the answer comes from elsewhere.
		kept := make(chan error, 1)
		go func() {
			_, err := Ask(t.Context(), keeper, func(r Reply[string]) chain {
				return chain{to: []Ref[chain]{asker}, allow: true, hold: true, reply: r}
			})
			kept <- err
		}()
		(<-held).Send("from elsewhere")
		require.NoError(t, <-kept)
	})
}

func TestAnAskThatWaitsForRoomMayCloseACircleToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := linkOf(t, "a", mailbox.Bounded(1, mailbox.Block), nil), linkOf(t, "b", mailbox.Bounded(1, mailbox.Block), nil)
		both := make(chan string, 2)
		for _, way := range [][2]Ref[chain]{{a, b}, {b, a}} {
			go func() {
				got, err := askAlong(t.Context(), way[0], way[1])
				if err != nil {
					got = err.Error()
				}
				both <- got
			}()
		}
		got := []string{<-both, <-both} // else the bubble is deadlocked
		require.Len(t, got, 2)
	})
}

// In real time, for the race detector: three that ask each other all the time. Nobody
// waits for ever, and an ask that closes no circle has an answer.
func TestThoseWhoAskEachOtherAllTheTimeNeverHang(t *testing.T) {
	var refs [3]Ref[chain]
	for i, name := range []string{"a", "b", "c"} {
		refs[i] = linkOf(t, name, mailbox.Bounded(2, mailbox.Block), nil)
	}
	var all sync.WaitGroup
	var circles atomic.Int64
	for i := range refs {
		all.Go(func() {
			for n := range 2000 {
				got, err := askAlong(t.Context(), refs[i], refs[(i+1+n%2)%3])
				require.NoError(t, err)
				if strings.Contains(got, "circle") {
					circles.Add(1)
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d of 6000 asks closed a circle", circles.Load())
}
