package actor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/mailbox"
)

// seat is a stage with a path of its own.
type seat struct {
	*stage
	path string
}

func (s seat) ID() ID { return ID{Path: s.path} }

// seated returns a player of that path that is up.
func seated(t *testing.T, path string) *Actor[play] {
	t.Helper()
	s := &stage{}
	a, err := New(Spec[play]{Name: "player", Mailbox: mailbox.Unbounded(),
		New: func(context.Context, Ref[play]) (Receiver[play], error) { return player(s), nil }}, seat{s, path})
	require.NoError(t, err)
	go s.start(t.Context(), a)
	return a
}

// seats returns players called a, b, c … that are up.
func seats(t *testing.T, n int) []*Actor[play] {
	t.Helper()
	list := make([]*Actor[play], n)
	for i := range list {
		list[i] = seated(t, string(rune('a'+i)))
	}
	return list
}

func closeAll(list []*Actor[play]) {
	for _, a := range list {
		a.Close()
	}
}

// asks is a message whose handler asks another for p.
func asks(other Ref[play], p play, got func(error)) play {
	return play{name: "asks", do: func(ctx context.Context) error {
		_, err := Ask(ctx, other, askFor(p))
		if got != nil {
			got(err)
		}
		return nil
	}}
}

// nothingAsked checks that nothing is kept of asks that are over.
func nothingAsked(t *testing.T, list []*Actor[play]) {
	t.Helper()
	synctest.Wait() // all are idle
	for _, a := range list {
		if l := a.asking(false); l != nil {
			require.Nil(t, l.Load())
		}
	}
}

func TestWhoClosesACycleOfAsksIsToldItsPathAndTheOthersGoOn(t *testing.T) {
	for n := 2; n <= 6; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ring := seats(t, n)
				defer closeAll(ring)
				var told error
				p := asks(ring[0].Ref(), say("never"), func(err error) { told = err })
				for i := n - 1; i > 0; i-- {
					p = asks(ring[i].Ref(), p, func(err error) { require.NoError(t, err) })
				}
				_, err := Ask(t.Context(), ring[0].Ref(), askFor(p))
				require.NoError(t, err)
				require.ErrorIs(t, told, ErrAskCycle)
				var e *AskCycleError
				require.ErrorAs(t, told, &e)
				want, text := []string{string(rune('a' + n - 1))}, ""
				for i := range n - 1 {
					want = append(want, string(rune('a'+i)))
				}
				require.Equal(t, want, e.Path)
				for _, p := range append(want, want[0]) {
					text += " → " + p
				}
				require.EqualError(t, told, "actor: asks in a cycle: "+text[len(" → "):])
				nothingAsked(t, ring)
			})
		})
	}
}

func TestACycleByWayOfAnotherTargetIsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pair := seats(t, 2)
		defer closeAll(pair)
		for _, by := range []Ref[play]{NewRef[play](through{pair[0]}), NewRef[play](trying{through{pair[0]}})} {
			var told error
			p := asks(NewRef[play](through{pair[1]}), asks(by, say("never"), func(err error) { told = err }), nil)
			_, err := Ask(t.Context(), pair[0].Ref(), askFor(p))
			require.NoError(t, err)
			require.ErrorIs(t, told, ErrAskCycle)
			_, err = Ask(t.Context(), pair[0].Ref(), askFor(asks(by, say("never"), func(err error) { told = err })))
			require.NoError(t, err)
			require.Equal(t, ErrSelfAsk, told)
		}
		nothingAsked(t, pair)
	})
}

// trying is a target that hands on what it is given if there is room.
type trying struct{ through }

func (r trying) Put(_ context.Context, e Envelope[play]) error { return r.TryPut(e) }

func TestAnAskInNewMayCloseACycle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := seated(t, "b")
		defer b.Close()
		var told error
		s := &stage{}
		a, err := New(Spec[play]{Name: "a", New: func(ctx context.Context, self Ref[play]) (Receiver[play], error) {
			_, err := Ask(ctx, b.Ref(), askFor(asks(self, say("never"), func(err error) { told = err })))
			return player(s), err
		}}, seat{s, "a"})
		require.NoError(t, err)
		go s.start(t.Context(), a)
		require.Equal(t, []string{"up"}, s.told())
		require.EqualError(t, told, "actor: asks in a cycle: b → a → b")
		a.Close()
	})
}

func TestOfTwoWhoAskEachOtherAtOnceOneIsToldAtLeast(t *testing.T) {
	for range 500 {
		synctest.Test(t, func(t *testing.T) { // which fails if they hang
			pair := seats(t, 2)
			defer closeAll(pair)
			errs := make([]error, 2)
			var both sync.WaitGroup
			for i, a := range pair {
				p := asks(pair[1-i].Ref(), say("hello"), func(err error) { errs[i] = err })
				both.Go(func() {
					_, err := Ask(t.Context(), a.Ref(), askFor(p))
					require.NoError(t, err)
				})
			}
			both.Wait()
			for _, err := range errs {
				if err != nil {
					require.ErrorIs(t, err, ErrAskCycle)
				}
			}
			nothingAsked(t, pair)
		})
	}
}

func TestManyWhoAskEachOtherAtOnceDoNotHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, rounds = 8, 100
		crowd := seats(t, n)
		defer closeAll(crowd)
		for round := range rounds {
			var all sync.WaitGroup
			for i, a := range crowd {
				next, far := crowd[(i+1)%n].Ref(), crowd[(i+round%(n-1)+1)%n].Ref()
				p := asks(next, asks(far, say("hello"), nil), nil)
				all.Go(func() {
					_, err := Ask(t.Context(), a.Ref(), askFor(p))
					require.NoError(t, err)
				})
			}
			all.Wait()
		}
		nothingAsked(t, crowd)
	})
}

// c answers b before it asks a: they ask each other in a cycle, though never all at a
// time.
func TestACycleOfWhichOneIsAlwaysAnsweredIsNone(t *testing.T) {
	list := seats(t, 3)
	a, b, c := list[0].Ref(), list[1].Ref(), list[2].Ref()
	for range 3000 {
		var all sync.WaitGroup
		all.Add(1) // for c
		errs := make(chan error, 5)
		answerThenAsk := func(r Reply[string]) play {
			return play{name: "c", do: func(ctx context.Context) error {
				defer all.Done()
				r.Send("answered")
				_, err := Ask(ctx, a, askFor(say("hello")))
				errs <- err
				return nil
			}}
		}
		askC := play{name: "b", do: func(ctx context.Context) error {
			_, err := Ask(ctx, c, answerThenAsk)
			errs <- err
			return nil
		}}
		for _, to := range []struct {
			ref Ref[play]
			p   play
		}{{b, askC}, {a, asks(b, say("hello"), func(err error) { errs <- err })}} {
			all.Go(func() {
				_, err := Ask(t.Context(), to.ref, askFor(to.p))
				errs <- err
			})
		}
		all.Wait()
		for range cap(errs) {
			require.NoError(t, <-errs)
		}
	}
	closeAll(list)
}

func TestAnAskOfAGoroutineThatAnIdleActorHasLeftClosesNoCycle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pair := seats(t, 2)
		defer closeAll(pair)
		a, b := pair[0].Ref(), pair[1].Ref()
		var fromB error
		idle, done := make(chan struct{}), make(chan error)
		within(t, pair[0], func(ctx context.Context) {
			go func() {
				<-idle
				_, err := Ask(ctx, b, askFor(asks(a, say("hello"), func(err error) { fromB = err })))
				done <- err
			}()
		})
		synctest.Wait() // the handler has returned, and a is idle
		close(idle)
		require.NoError(t, <-done)
		require.NoError(t, fromB)
	})
}

func TestWhatAnActorsGoroutineAsksIsNotTheActorsOwnWithOutside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pair := seats(t, 2)
		defer closeAll(pair)
		a, b := pair[0].Ref(), pair[1].Ref()
		for _, outside := range []bool{true, false} {
			gate := make(chan struct{})
			var fromB error
			own := make(chan error, 1)
			require.NoError(t, a.Send(t.Context(), play{name: "busy", do: func(ctx context.Context) error {
				if outside {
					ctx = Outside(ctx)
				}
				go func() {
					_, err := Ask(ctx, b, askFor(asks(a, say("hello"), func(err error) { fromB = err })))
					require.NoError(t, err)
					_, err = Ask(ctx, a, askFor(say("hello")))
					own <- err
				}()
				<-gate
				return nil
			}}))
			synctest.Wait() // b has asked a, or was told that it must not
			close(gate)
			err := <-own
			if outside {
				require.NoError(t, fromB)
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, fromB, ErrAskCycle)
				require.ErrorIs(t, err, ErrSelfAsk)
			}
		}
	})
}

// The actor that is asked back has given the Reply away, and so answers whatever its own
// handler waits for. That cannot be known.
func TestAnAnswerThatComesFromElsewhereWantsOutside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pair := seats(t, 2)
		defer closeAll(pair)
		a, b := pair[0].Ref(), pair[1].Ref()
		for _, outside := range []bool{true, false} {
			replies := make(chan Reply[string], 1)
			fromA := make(chan error, 1)
			go func() {
				_, err := Ask(t.Context(), a, askFor(play{name: "asks", do: func(ctx context.Context) error {
					_, err := Ask(ctx, b, func(r Reply[string]) play {
						return play{name: "keep", do: func(context.Context) error { replies <- r; return nil }}
					})
					return err
				}}))
				fromA <- err
			}()
			synctest.Wait() // b has kept the Reply
			fromB := make(chan error, 1)
			require.NoError(t, b.Send(t.Context(), play{name: "asks back", do: func(ctx context.Context) error {
				if outside {
					ctx = Outside(ctx)
				}
				_, err := Ask(ctx, a, askFor(say("hello")))
				fromB <- err
				return nil
			}}))
			synctest.Wait() // b waits for a, or was told that it must not
			r := <-replies
			require.True(t, r.Send("at last"))
			require.NoError(t, <-fromA)
			if err := <-fromB; outside {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, ErrAskCycle)
			}
		}
	})
}

func TestSeveralAsksOfOneActorAreAllLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := seats(t, 4)
		defer closeAll(list)
		a, b, c, d := list[0].Ref(), list[1].Ref(), list[2].Ref(), list[3].Ref()
		gate := make(chan struct{})
		var told error
		require.NoError(t, d.Send(t.Context(), until("busy", gate)))
		_, err := Ask(t.Context(), a, askFor(play{name: "asks", do: func(ctx context.Context) error {
			var both sync.WaitGroup
			both.Go(func() { // and waits in d, for long
				_, err := Ask(ctx, d, askFor(say("hello")))
				require.NoError(t, err)
			})
			synctest.Wait() // it waits
			both.Go(func() {
				_, err := Ask(ctx, b, askFor(asks(c, asks(a, say("never"), func(err error) { told = err }), nil)))
				require.NoError(t, err)
				close(gate)
			})
			both.Wait()
			return nil
		}}))
		require.NoError(t, err)
		require.EqualError(t, told, "actor: asks in a cycle: c → a → b → c")
		nothingAsked(t, list)
	})
}

// Two idle actors had goroutines of theirs ask each other, and are busy now.
func TestWhatLooksLikeACycleOfOthersHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := seats(t, 3)
		defer closeAll(list)
		replies := make(chan Reply[string], 2)
		answered := make(chan error, 2)
		for i, a := range list[:2] {
			within(t, a, func(ctx context.Context) {
				go func() {
					_, err := Ask(ctx, list[1-i].Ref(), func(r Reply[string]) play { replies <- r; return say("keep") })
					answered <- err
				}()
			})
			synctest.Wait() // it waits, and the actor is idle
		}
		gate := make(chan struct{})
		for _, a := range list[:2] {
			send(t, a, until("busy", gate))
		}
		synctest.Wait() // they are
		within(t, list[2], func(ctx context.Context) {
			ctx, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			_, err := Ask(ctx, list[0].Ref(), askFor(say("hello")))
			require.Equal(t, context.DeadlineExceeded, err)
		})
		close(gate)
		for range 2 {
			r := <-replies
			require.True(t, r.Send("at last"))
			require.NoError(t, <-answered)
		}
		nothingAsked(t, list)
	})
}

func TestAnAskThatComesToNothingLeavesNoTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pair := seats(t, 2)
		defer closeAll(pair)
		a, b := pair[0].Ref(), pair[1].Ref()
		dead := seated(t, "dead")
		dead.Close()
		for name, ask := range map[string]func(ctx context.Context) error{
			"to the dead": func(ctx context.Context) error {
				_, err := Ask(ctx, dead.Ref(), askFor(say("never")))
				return err
			},
			"given up": func(ctx context.Context) error {
				ctx, cancel := context.WithCancelCause(ctx)
				_, err := Ask(ctx, b, func(Reply[string]) play {
					return play{name: "cancel", do: func(context.Context) error { cancel(errBroken); return nil }}
				})
				return err
			},
			"to who fails": func(ctx context.Context) error {
				_, err := Ask(ctx, b, askFor(fail("1")))
				return err
			},
			"by who panics": func(ctx context.Context) (err error) {
				defer func() { err, _ = recover().(error) }()
				_, _ = Ask(ctx, NewRef[play](stumbling{through{b.Target()}}), askFor(say("1")))
				return nil
			},
		} {
			within(t, pair[0], func(ctx context.Context) { require.Error(t, ask(ctx), name) })
		}
		nothingAsked(t, pair)
		_ = a
	})
}

// stumbling is a target that panics when it has handed on what it was given.
type stumbling struct{ through }

func (s stumbling) Put(ctx context.Context, e Envelope[play]) error {
	_ = s.Target.Put(ctx, e)
	panic(errBroken)
}

func TestAnErrorOfACycleIsFound(t *testing.T) {
	err := fmt.Errorf("asking: %w", &AskCycleError{Path: []string{"a", "b"}})
	require.ErrorIs(t, err, ErrAskCycle)
	require.NotErrorIs(t, err, ErrSelfAsk)
	require.EqualError(t, errors.Unwrap(err), "actor: asks in a cycle: a → b → a")
}
