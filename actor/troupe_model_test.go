package actor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/mailbox"
	"pgregory.net/rapid"
)

// scene is what an actor of the troupe is sent.
type scene struct {
	id   int
	what string
}

// troupe are a few actors, each beside its model. What is between them is added by the
// tests that use it.
type troupe struct {
	members [3]*member
	next    int // names

	// over is told that an incarnation of i has ended, and why, nil for no failure.
	over func(i int, why error)
	// gone is told that i has ended for good.
	gone func(i int, why error)
	// free is told that i, which was held, has handled what was queued meanwhile.
	free func(i int)
}

type member struct {
	s    *stage
	a    *Actor[play]
	gate chan struct{}

	up, held, stopping, closed bool
	doomed                     error // it is to fail with that as soon as it can
	queue                      []scene
	last                       error
	trail                      []string
}

func (m *member) note(format string, args ...any) {
	m.trail = append(m.trail, fmt.Sprintf(format, args...))
}

func newTroupe(t *rapid.T) *troupe {
	c := &troupe{}
	for i := range c.members {
		s := &stage{}
		a, err := New(Spec[play]{Name: "player", Mailbox: mailbox.Unbounded(),
			New: func(context.Context, Ref[play]) (Receiver[play], error) { return player(s), nil }}, s)
		require.NoError(t, err)
		c.members[i] = &member{s: s, a: a, gate: make(chan struct{})}
	}
	return c
}

// name returns a name that nobody has.
func (c *troupe) name() string {
	c.next++
	return fmt.Sprint(c.next)
}

// any draws a member.
func (c *troupe) any(t *rapid.T, what string) int {
	return rapid.IntRange(0, len(c.members)-1).Draw(t, what)
}

// end is the end of the incarnation of i.
func (c *troupe) end(i int, why error) {
	m := c.members[i]
	m.up, m.stopping, m.doomed, m.last = false, false, nil, why
	c.over(i, why)
	if m.closed {
		c.bury(i)
	}
	m.note("ended: %v", why)
}

// bury is the end of i for good.
func (c *troupe) bury(i int) {
	m := c.members[i]
	why := m.last
	m.last = nil
	c.gone(i, why)
	for _, o := range m.queue {
		m.note("dead %d: actor: stopped", o.id)
	}
	m.queue = nil
}

// settle does what i does when it is left alone.
func (c *troupe) settle(i int) {
	m := c.members[i]
	for m.up && !m.held {
		switch {
		case m.stopping:
			c.end(i, nil)
		case m.doomed != nil:
			c.end(i, m.doomed)
		case len(m.queue) == 0:
			c.free(i)
			return
		default:
			o := m.queue[0]
			m.queue = m.queue[1:]
			m.note("got %d", o.id)
			switch o.what {
			case "hold":
				m.held = true
			case "fail":
				m.note("dead %d: broken", o.id)
				c.end(i, errBroken)
			}
		}
	}
}

// within has i do something as its own code, if it can at once.
func (c *troupe) within(t *rapid.T, i int, do func(ctx context.Context)) bool {
	m := c.members[i]
	if !m.up || m.held {
		return false
	}
	m.note("got within")
	_, err := Ask(context.Background(), m.a.Ref(), askFor(play{name: "within", do: func(ctx context.Context) error { do(ctx); return nil }}))
	require.NoError(t, err)
	return true
}

// actions are what may happen to one of them.
func (c *troupe) actions() map[string]func(*rapid.T) {
	send := func(what string) func(*rapid.T) {
		return func(t *rapid.T) {
			i := c.any(t, "to")
			m := c.members[i]
			if m.closed || what == "hold" && (m.held || len(m.queue) > 0) {
				return
			}
			c.next++
			o := scene{c.next, what}
			m.queue = append(m.queue, o)
			p := say(fmt.Sprint(o.id))
			switch what {
			case "fail":
				p = fail(p.name)
			case "hold":
				p = until(p.name, m.gate)
			}
			require.NoError(t, m.a.Ref().TrySend(p))
			c.settle(i)
		}
	}
	return map[string]func(*rapid.T){
		"say": send("say"), "hold": send("hold"), "fail": send("fail"),
		"release": func(t *rapid.T) {
			i := c.any(t, "whom")
			if m := c.members[i]; m.held {
				m.held = false
				m.gate <- struct{}{}
				c.settle(i)
			}
		},
		"stop": func(t *rapid.T) {
			i := c.any(t, "whom")
			m := c.members[i]
			m.a.Stop()
			m.stopping = m.up
			c.settle(i)
		},
		"close": func(t *rapid.T) {
			i := c.any(t, "whom")
			m := c.members[i]
			m.a.Close()
			if !m.closed && !m.up {
				c.bury(i)
			}
			m.stopping, m.closed = m.up, true
			c.settle(i)
		},
		"start": func(t *rapid.T) {
			i := c.any(t, "whom")
			m := c.members[i]
			if m.up {
				return
			}
			m.a.Open()
			m.up, m.closed = true, false
			m.note("up")
			go m.s.start(context.Background(), m.a)
			c.settle(i)
		},
		"": func(t *rapid.T) {
			synctest.Wait() // they have settled too
			for i, m := range c.members {
				require.Equal(t, m.trail, m.heard(), i)
			}
		},
	}
}

// heard returns the trail of the actor. Which link of a ring was quicker is not told.
func (m *member) heard() []string {
	trail := slices.Clone(m.s.trail)
	n := 0
	for i, step := range trail {
		if len(step) > 6 && step[:6] == "ended:" {
			if errors.Is(m.s.ended[n], ErrLinked) {
				trail[i] = fmt.Sprintf("ended: %v", errDoomed)
			}
			n++
		}
	}
	return trail
}

// errDoomed stands for a LinkError.
var errDoomed = errors.New("linked")

// close lets the bubble end.
func (c *troupe) close() {
	for _, m := range c.members {
		close(m.gate)
		m.a.Close()
	}
}
