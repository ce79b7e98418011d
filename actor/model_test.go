package actor

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/mailbox"
	"pgregory.net/rapid"
)

// model is an actor as its documentation has it, with nobody to race against.
type model struct {
	up, stopping, closed bool
	held                 bool // a handler waits at the gate
	queue                []order
	trail                []string
}

// order is what a random message does.
type order struct {
	id   int
	what string // say, fail, panic, exit, done, hold
}

func (m *model) note(format string, args ...any) {
	m.trail = append(m.trail, fmt.Sprintf(format, args...))
}

// settle does what an actor does when left alone.
func (m *model) settle() {
	for m.up && !m.held && !m.stopping && len(m.queue) > 0 {
		o := m.queue[0]
		m.queue = m.queue[1:]
		m.note("got %d", o.id)
		switch o.what {
		case "hold":
			m.held = true
		case "fail":
			m.dead(o, "broken")
			m.end("broken")
		case "panic":
			m.dead(o, "panic: oh no")
			m.end("panic: oh no")
		case "exit":
			m.dead(o, "policy: child called runtime.Goexit")
			m.end("policy: child called runtime.Goexit")
		case "done":
			m.end("policy: done")
		}
	}
	if m.up && m.stopping && !m.held {
		m.end("<nil>")
	}
	if !m.up && m.closed {
		m.empty()
	}
}

func (m *model) dead(o order, why string) { m.note("dead %d: %s", o.id, why) }

func (m *model) empty() {
	for _, o := range m.queue {
		m.dead(o, "actor: stopped")
	}
	m.queue = nil
}

func (m *model) end(err string) {
	m.up, m.stopping = false, false
	if m.closed {
		m.empty()
	}
	m.note("ended: %s", err)
}

// pair is an actor beside its model.
type pair struct {
	model
	s    *stage
	a    *Actor[play]
	gate chan struct{}
	next int
}

func (p *pair) play(o order) play {
	name := fmt.Sprint(o.id)
	switch o.what {
	case "fail":
		return fail(name)
	case "panic":
		return panics(name)
	case "exit":
		return exits(name)
	case "done":
		return done(name)
	case "hold":
		return play{name: name, do: func(context.Context) error { <-p.gate; return nil }}
	}
	return say(name)
}

const modelCapacity = 4 // messages

func (p *pair) actions(ctx context.Context) map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"send": func(t *rapid.T) {
			o := order{p.next, rapid.SampledFrom([]string{"say", "say", "hold", "fail", "panic", "exit", "done"}).Draw(t, "what")}
			p.next++
			var want error
			switch {
			case p.closed:
				want = ErrStopped
			case len(p.queue) == modelCapacity:
				want = ErrFull
			default:
				p.queue = append(p.queue, o)
			}
			require.Equal(t, want, p.a.Ref().TrySend(p.play(o)))
		},
		"start": func(*rapid.T) {
			switch {
			case p.up:
				return // starting it twice is a caller's bug
			case p.closed:
				p.note("ended: actor: stopped")
			default:
				p.up = true
				p.note("up")
			}
			go p.s.start(ctx, p.a)
		},
		"stop": func(*rapid.T) {
			p.stopping = p.up
			p.a.Stop()
		},
		"close": func(t *rapid.T) {
			if rapid.IntRange(0, 3).Draw(t, "rarely") > 0 {
				return // too often would leave little to see
			}
			p.stopping, p.closed = p.up, true
			p.a.Close()
		},
		"release": func(*rapid.T) {
			if !p.held {
				return
			}
			p.held = false
			p.gate <- struct{}{}
		},
		"": func(t *rapid.T) {
			p.settle()
			synctest.Wait() // the actor has settled too
			require.Equal(t, p.trail, slices.Clone(p.s.trail))
			require.Equal(t, len(p.queue), p.a.Stats().Len)
		},
	}
}

func TestALifeCycleFollowsItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			p := &pair{s: &stage{}, gate: make(chan struct{})}
			var err error
			p.a, err = New(Spec[play]{Name: "player", Mailbox: mailbox.Bounded(modelCapacity, mailbox.Block),
				New: func(context.Context, Ref[play]) (Receiver[play], error) { return player(p.s), nil }}, p.s)
			require.NoError(t, err)
			t.Repeat(p.actions(context.Background()))
			close(p.gate) // whoever is held goes on, and the bubble can end
			p.a.Close()
		})
	})
}
