package actor

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
)

// stage is the Host of one actor, and writes down, in order, what it is told.
type stage struct {
	ctx context.Context // of the incarnation

	mu    sync.Mutex
	trail []string
	ended []error
	dead  []any

	onServing func()          // nil for nothing
	onDead    func(why error) // nil for nothing
	onEnded   func()          // nil for nothing
}

func (s *stage) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trail = append(s.trail, fmt.Sprintf(format, args...))
}

// start begins an incarnation of a that ends with ctx.
func (s *stage) start(ctx context.Context, a Hosted) {
	s.ctx = Inside(ctx, a)
	a.Start()
}

func (s *stage) Context() context.Context { return s.ctx }

func (s *stage) Serving() {
	if s.onServing != nil {
		s.onServing()
	}
}

func (s *stage) Up() { s.note("up") }

func (s *stage) Stuck(k Stuck) {
	if k.Back {
		s.note("back after %v: %s", k.Took, k.Doing)
	} else {
		s.note("stuck for %v: %s", k.Took, k.Doing)
	}
}

func (s *stage) Ended(err error) {
	s.note("ended: %v", err)
	if s.onEnded != nil {
		s.onEnded()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = append(s.ended, err)
}

func (s *stage) ID() ID { return ID{Path: "stage/actor"} }

func (s *stage) DeadLetter(m any, why error) {
	if s.onDead != nil {
		s.onDead(why)
	}
	s.note("dead %v: %v", m, why)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = append(s.dead, m)
}

// told waits until every goroutine of the bubble is blocked, and returns what
// happened since the last call.
func (s *stage) told() []string {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	trail := s.trail
	s.trail = nil
	return trail
}

// lastEnd returns the error of the last incarnation.
func (s *stage) lastEnd(t *testing.T) error {
	t.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.NotEmpty(t, s.ended, "no incarnation has ended")
	return s.ended[len(s.ended)-1]
}

// play is what a test sends: an order to the handler, noted on the stage.
type play struct {
	name   string
	do     func(ctx context.Context) error // nil: nothing
	answer *Reply[string]                  // answered with name, if set
}

func say(name string) play { return play{name: name} }

var errBroken = errors.New("broken")

func fail(name string) play {
	return play{name: name, do: func(context.Context) error { return errBroken }}
}

func panics(name string) play {
	return play{name: name, do: func(context.Context) error { panic("oh no") }}
}

func exits(name string) play {
	return play{name: name, do: func(context.Context) error { runtime.Goexit(); return nil }}
}

func done(name string) play {
	return play{name: name, do: func(context.Context) error { return policy.Done(nil) }}
}

// until is a message in hand until gate is closed.
func until(name string, gate <-chan struct{}) play {
	return play{name: name, do: func(context.Context) error { <-gate; return nil }}
}

// String keeps dead letters readable on a trail.
func (p play) String() string { return p.name }

// actorOn returns a player: an actor of plays that notes on the stage what it
// begins and what it handles. It has no incarnation yet.
func actorOn(t *testing.T, s *stage, box mailbox.Spec) *Actor[play] {
	t.Helper()
	return playerOn(t, s, Spec[play]{Mailbox: box})
}

// playerOn is actorOn with more to say about it; without a New it is a player.
func playerOn(t *testing.T, s *stage, spec Spec[play]) *Actor[play] {
	t.Helper()
	spec.Name = "player"
	if spec.New == nil {
		spec.New = func(context.Context, Ref[play]) (Receiver[play], error) { return player(s), nil }
	}
	a, err := New(spec, s)
	require.NoError(t, err)
	return a
}

func player(s *stage) Receiver[play] {
	return ReceiverFunc[play](func(ctx context.Context, p play) error {
		s.note("got %s", p.name)
		if p.do != nil {
			if err := p.do(ctx); err != nil {
				return err
			}
		}
		if p.answer != nil {
			p.answer.Send(p.name)
		}
		return nil
	})
}

// send sends plays to a, which must have room for them.
func send(t *testing.T, a *Actor[play], plays ...play) {
	t.Helper()
	for _, p := range plays {
		require.NoError(t, a.Ref().TrySend(p), p.name)
	}
}
