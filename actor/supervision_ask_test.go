package actor

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/mailbox"
)

func TestSupervision_179_AnAskReturnsTheAnswerAndEachSenderIsHeardInItsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := upOn(t, s, mailbox.Bounded(4, mailbox.Block))
		defer a.Close()
		var senders sync.WaitGroup
		for _, who := range []string{"x", "y", "z"} {
			senders.Go(func() {
				for i := range 9 {
					name := fmt.Sprint(who, i)
					if i%3 > 0 {
						require.NoError(t, a.Ref().Send(t.Context(), say(name)))
						continue
					}
					v, err := Ask(t.Context(), a.Ref(), askFor(say(name)))
					require.NoError(t, err)
					require.Equal(t, name, v)
				}
			})
		}
		senders.Wait()
		heard := map[byte][]string{}
		for _, got := range s.told() {
			name := got[len("got "):]
			heard[name[0]] = append(heard[name[0]], name)
		}
		for _, who := range "xyz" {
			var want []string
			for i := range 9 {
				want = append(want, fmt.Sprintf("%c%d", who, i))
			}
			require.Equal(t, want, heard[byte(who)])
		}
	})
}

// In OTP a cast to nobody is ok, and nobody knows. Here the sender is told, at once, and
// need not care.
func TestSupervision_179_ASendToTheDeadIsNoFailureOfTheSender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := upOn(t, s, mailbox.Spec{})
		defer a.Close()
		dead := actorOn(t, &stage{}, mailbox.Spec{})
		dead.Close()
		within(t, a, func(ctx context.Context) {
			require.Equal(t, ErrStopped, dead.Ref().Send(ctx, say("1")))
			require.Equal(t, ErrStopped, dead.Ref().TrySend(say("1")))
			require.Equal(t, ErrStopped, Ref[play]{}.Send(ctx, say("1")))
		})
		send(t, a, say("2"))
		require.Equal(t, []string{"got within", "got 2"}, s.told())
	})
}

func TestSupervision_181_AnAnswerThatComesAfterTheTimeoutReachesNobodyAndTheActorLivesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := upOn(t, s, mailbox.Spec{})
		defer a.Close()
		slow := func(r Reply[string]) play {
			return play{name: "slow", do: func(context.Context) error {
				<-time.After(2 * time.Second)
				s.note("heard: %v", r.Send("too late"))
				return nil
			}}
		}
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		v, err := Ask(ctx, a.Ref(), slow)
		require.ErrorIs(t, err, ErrNoReply)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Empty(t, v)
		require.Equal(t, time.Second, time.Since(begun))

		v, err = Ask(t.Context(), a.Ref(), askFor(say("next")))
		require.NoError(t, err)
		require.Equal(t, "next", v, "and not what was asked before")
		require.Equal(t, 2*time.Second, time.Since(begun))
		require.Equal(t, []string{"got slow", "heard: false", "got next"}, s.told())
	})
}

func TestSupervision_185_AnAnswerMayBeLeftToAnotherGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{}
		a := upOn(t, s, mailbox.Spec{})
		defer a.Close()
		begun := time.Now()
		answers := make(chan answer)
		for i := range 3 {
			go func() {
				v, err := Ask(t.Context(), a.Ref(), func(r Reply[string]) play {
					return play{name: "leave", do: func(context.Context) error {
						go func() {
							<-time.After(time.Duration(3-i) * time.Second)
							r.Send(fmt.Sprint(i))
						}()
						return nil
					}}
				})
				answers <- answer{v, err}
			}()
		}
		for i := 2; i >= 0; i-- { // the last to be asked is the first to be answered
			require.Equal(t, answer{value: fmt.Sprint(i)}, <-answers)
			require.Equal(t, time.Duration(3-i)*time.Second, time.Since(begun))
			v, err := Ask(t.Context(), a.Ref(), askFor(say("meanwhile")))
			require.NoError(t, err)
			require.Equal(t, "meanwhile", v)
		}
	})
}
