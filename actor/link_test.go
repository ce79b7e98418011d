package actor

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/mailbox"
)

// cast are two players that are up, each on a stage of its own.
type cast struct {
	a, b   *Actor[play]
	sa, sb *stage
}

func newCast(t *testing.T) *cast {
	t.Helper()
	c := &cast{sa: &stage{}, sb: &stage{}}
	c.a, c.b = upOn(t, c.sa, mailbox.Spec{}), upOn(t, c.sb, mailbox.Spec{})
	return c
}

// link has a link with b.
func (c *cast) link(t *testing.T) (stop func() bool) {
	t.Helper()
	within(t, c.a, func(ctx context.Context) {
		var err error
		stop, err = Link(ctx, c.b.Ref(), c.a.Ref())
		require.NoError(t, err)
	})
	require.Equal(t, []string{"got within"}, c.sa.told())
	return stop
}

func (c *cast) close() {
	c.a.Close()
	c.b.Close()
}

const (
	linkedBroken = "ended: actor: linked with stage/actor, which ended: broken"
	ownBroken    = "dead 1: broken"
)

func TestALinkedFailureEndsTheOtherWhoeverItIsAndWhoeverLinked(t *testing.T) {
	for name, order := range map[string]func(c *cast) (first, second *Actor[play], s1, s2 *stage){
		"who linked": func(c *cast) (*Actor[play], *Actor[play], *stage, *stage) { return c.a, c.b, c.sa, c.sb },
		"the other":  func(c *cast) (*Actor[play], *Actor[play], *stage, *stage) { return c.b, c.a, c.sb, c.sa },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCast(t)
				defer c.close()
				stop := c.link(t)
				first, second, s1, s2 := order(c)
				send(t, first, fail("1"))
				require.Equal(t, []string{"got 1", ownBroken, "ended: broken"}, s1.told())
				require.Equal(t, []string{linkedBroken}, s2.told())
				err := s2.lastEnd(t)
				require.ErrorIs(t, err, ErrLinked)
				require.ErrorIs(t, err, errBroken)
				var e *LinkError
				require.ErrorAs(t, err, &e)
				require.Equal(t, LinkError{ID: first.ID(), Cause: errBroken}, *e)
				require.False(t, stop())

				go s1.start(t.Context(), first)
				go s2.start(t.Context(), second)
				require.Equal(t, []string{"up"}, s1.told())
				require.Equal(t, []string{"up"}, s2.told())
				send(t, first, fail("1"))
				send(t, second, say("2"))
				require.Equal(t, []string{"got 1", ownBroken, "ended: broken"}, s1.told())
				require.Equal(t, []string{"got 2"}, s2.told(), "the link ended with the incarnations")
			})
		})
	}
}

func TestALinkedFailureEndsTheOtherAfterTheMessageInHandAndLeavesTheRestToTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCast(t)
		defer c.close()
		c.link(t)
		gate := make(chan struct{})
		send(t, c.a, until("busy", gate), say("2"))
		require.Equal(t, []string{"got busy"}, c.sa.told())
		send(t, c.b, fail("1"))
		require.Empty(t, c.sa.told())
		close(gate)
		require.Equal(t, []string{linkedBroken}, c.sa.told())
		go c.sa.start(t.Context(), c.a)
		require.Equal(t, []string{"up", "got 2"}, c.sa.told())
	})
}

func TestWhatIsNoFailureTakesNobodyAlong(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, a *Actor[play]){
		"a stop":    func(_ *testing.T, a *Actor[play]) { a.Stop() },
		"a close":   func(_ *testing.T, a *Actor[play]) { a.Close() },
		"an end":    func(t *testing.T, a *Actor[play]) { send(t, a, done("1")) },
		"an unlink": func(t *testing.T, a *Actor[play]) { send(t, a, say("1")) },
	} {
		for _, first := range []string{"who linked", "the other"} {
			t.Run(name+" of "+first, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := newCast(t)
					defer c.close()
					stop := c.link(t)
					one, two, s1, s2 := c.a, c.b, c.sa, c.sb
					if first == "the other" {
						one, two, s1, s2 = c.b, c.a, c.sb, c.sa
					}
					if name == "an unlink" {
						require.True(t, stop())
						require.False(t, stop())
					}
					end(t, one)
					synctest.Wait() // it has ended, if it does
					if name != "an unlink" {
						require.False(t, stop())
					}
					require.Empty(t, s2.told())
					send(t, two, fail("1"))
					require.Equal(t, []string{"got 1", ownBroken, "ended: broken"}, s2.told())
					require.NotContains(t, s1.told(), linkedBroken)
				})
			})
		}
	}
}

func TestAnUnlinkIsInTimeWhileItsActorHasNotFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCast(t)
		defer c.close()
		stop := c.link(t)
		gate := make(chan struct{})
		send(t, c.a, until("busy", gate))
		require.Equal(t, []string{"got busy"}, c.sa.told())
		send(t, c.b, fail("1"))
		synctest.Wait() // b has failed, and a has not yet
		require.True(t, stop())
		require.False(t, stop())
		close(gate)
		require.Empty(t, c.sa.told())
	})
}

func TestAnUnlinkByOneThatHasFailedComesTooLateForTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCast(t)
		defer c.close()
		stop := c.link(t)
		gate := make(chan struct{})
		send(t, c.b, until("busy", gate))
		require.Equal(t, []string{"got busy"}, c.sb.told())
		send(t, c.a, fail("1"))
		synctest.Wait() // a has failed, and b has not yet
		require.False(t, stop())
		close(gate)
		require.Equal(t, []string{linkedBroken}, c.sb.told())
	})
}

func TestALinkWithOneThatHasEndedFailsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCast(t)
		defer c.close()
		c.b.Close()
		for _, dead := range []Ref[play]{c.b.Ref(), {}} {
			within(t, c.a, func(ctx context.Context) {
				_, err := Link(ctx, dead, c.a.Ref())
				require.Equal(t, &LinkError{ID: dead.ID(), Cause: ErrStopped}, err)
				require.ErrorIs(t, err, ErrLinked)
				require.ErrorIs(t, err, ErrStopped)
			})
		}
		send(t, c.a, play{name: "1", do: func(ctx context.Context) error {
			_, err := Link(ctx, c.b.Ref(), c.a.Ref())
			return err
		}})
		require.Contains(t, c.sa.told(), "ended: actor: linked with stage/actor, which ended: actor: stopped")
	})
}

func TestALinkWithOneBetweenTwoIncarnationsIsWithTheNextThatComesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sa, sb := &stage{}, &stage{}
		starts := 0
		a := upOn(t, sa, mailbox.Spec{})
		b, err := New(Spec[play]{Name: "player", New: func(context.Context, Ref[play]) (Receiver[play], error) {
			if starts++; starts < 3 {
				return nil, errors.New("not yet")
			}
			return player(sb), nil
		}}, sb)
		require.NoError(t, err)
		within(t, a, func(ctx context.Context) {
			_, err := Link(ctx, b.Ref(), a.Ref())
			require.NoError(t, err)
		})
		require.Equal(t, []string{"got within"}, sa.told())
		for range 3 {
			go sb.start(t.Context(), b)
			synctest.Wait() // it is up, or not
		}
		require.Equal(t, []string{"ended: not yet", "ended: not yet", "up"}, sb.told())
		require.Empty(t, sa.told(), "what was not up had nothing to lose")
		send(t, b, fail("1"))
		require.Equal(t, []string{linkedBroken}, sa.told())
		b.Close()

		go sa.start(t.Context(), a)
		c := actorOn(t, &stage{}, mailbox.Spec{})
		within(t, a, func(ctx context.Context) {
			_, err := Link(ctx, c.Ref(), a.Ref())
			require.NoError(t, err)
		})
		c.Close()
		require.Equal(t, []string{"up", "got within", "ended: actor: linked with stage/actor, which ended: actor: stopped"}, sa.told())
	})
}

func TestTheFailureOfOneThatLinkedIsNothingToTheIncarnationThatIsNotYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCast(t)
		defer c.close()
		c.b.Stop()
		c.sb.told()
		c.link(t)
		send(t, c.a, fail("1"))
		synctest.Wait() // a has ended
		go c.sb.start(t.Context(), c.b)
		send(t, c.b, say("1"))
		require.Equal(t, []string{"up", "got 1"}, c.sb.told())
	})
}

func TestWhoLinksInNewAndFailsThereTakesTheOtherAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sa, sb := &stage{}, &stage{}
		b := upOn(t, sb, mailbox.Spec{})
		defer b.Close()
		a, err := New(Spec[play]{Name: "player", New: func(ctx context.Context, self Ref[play]) (Receiver[play], error) {
			if _, err := Link(ctx, b.Ref(), self); err != nil {
				return nil, err
			}
			return nil, errBroken
		}}, sa)
		require.NoError(t, err)
		go sa.start(t.Context(), a)
		require.Equal(t, []string{"ended: broken"}, sa.told())
		require.Equal(t, []string{linkedBroken}, sb.told())
	})
}

func TestARingOfLinksFailsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 5
		var stages [n]stage
		var ring [n]*Actor[play]
		for i := range ring {
			ring[i] = upOn(t, &stages[i], mailbox.Spec{})
			defer ring[i].Close()
		}
		for range 3 {
			for i, a := range ring {
				within(t, a, func(ctx context.Context) {
					_, err := Link(ctx, ring[(i+1)%n].Ref(), a.Ref())
					require.NoError(t, err)
				})
			}
			send(t, ring[2], fail("1"))
			synctest.Wait() // all have ended
			for i, a := range ring {
				require.Len(t, stages[i].ended, 1)
				require.ErrorIs(t, stages[i].ended[0], errBroken)
				stages[i].ended = nil
				go stages[i].start(t.Context(), a)
			}
			synctest.Wait() // all are up again
			for i := range ring {
				require.Empty(t, stages[i].ended)
			}
		}
	})
}

func TestALinkWithOneselfIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCast(t)
		defer c.close()
		within(t, c.a, func(ctx context.Context) {
			stop, err := Link(ctx, c.a.Ref(), c.a.Ref())
			require.NoError(t, err)
			require.False(t, stop())
		})
		send(t, c.a, fail("1"))
		require.Equal(t, []string{"got within", "got 1", ownBroken, "ended: broken"}, c.sa.told())
	})
}

// named is a target that stands for another.
type named struct{ through }

func (n named) StandsFor() Ref[play] { return NewRef(n.Target) }

func TestALinkIsWithWhomATargetStandsForAndNotWithAnyOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCast(t)
		defer c.close()
		within(t, c.a, func(ctx context.Context) {
			_, err := Link(ctx, NewRef[play](&elsewhere{}), c.a.Ref())
			require.Equal(t, ErrNoLink, err)
			_, err = Link(ctx, NewRef[play](named{through{c.b}}), c.a.Ref())
			require.NoError(t, err)
		})
		c.sa.told()
		send(t, c.b, fail("1"))
		require.Equal(t, []string{linkedBroken}, c.sa.told())
	})
}

func TestAnErrorOfALinkIsNotTakenForOnesOwn(t *testing.T) {
	err := error(&LinkError{Cause: &LinkError{Cause: errBroken}})
	require.ErrorIs(t, err, errBroken)
	require.ErrorIs(t, err, ErrLinked)
	require.NoError(t, errors.Unwrap(err))
	require.NotErrorIs(t, err, ErrStopped)
}
