package actor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// clockwork is an actor's timers as their documentation has them. Time is given in whole
// seconds since the beginning.
type clockwork struct {
	now                           time.Duration
	up, stopping, held, suspended bool
	timers                        []*modelTimer
	trail                         []string // what was handled when; empty, not nil, for nothing
}

// modelTimer is over, or due, or waits to be handled.
type modelTimer struct {
	name    string
	began   time.Duration
	due     time.Duration
	every   time.Duration // zero: once
	waiting bool
	over    bool
}

// settle does what an actor does when left alone.
func (m *clockwork) settle() {
	if m.up && m.stopping && !m.held {
		m.end()
	}
	for _, one := range m.timers {
		if !one.waiting || !m.up || m.held || m.suspended {
			continue
		}
		m.trail = append(m.trail, fmt.Sprintf("%5v %s", m.now, one.name))
		one.waiting = false
		if one.every == 0 {
			one.over = true
			continue
		}
		for one.due <= m.now {
			one.due += one.every
		}
	}
}

func (m *clockwork) end() {
	m.up, m.stopping, m.suspended = false, false, false
	for _, one := range m.timers {
		one.over, one.waiting = true, false
	}
}

// pass lets time go by, from one timer that is due to the next.
func (m *clockwork) pass(d time.Duration) {
	for end := m.now + d; ; {
		next := end
		for _, one := range m.timers {
			if !one.over && !one.waiting {
				next = min(next, one.due)
			}
		}
		m.now = next
		ticks := false
		for _, one := range m.timers {
			if !one.over && !one.waiting && one.due == m.now {
				one.waiting, ticks = true, true
			}
		}
		m.settle()
		if !ticks && m.now == end {
			return
		}
	}
}

// clockPair is an actor beside its model.
type clockPair struct {
	clockwork
	s      *stage
	a      *Actor[play]
	ctx    context.Context // of the latest incarnation's code
	cancel context.CancelFunc
	gate   chan error
	actual []*Timer
}

// started enters a timer of the model and of the actor, which had none to start in
// between two incarnations.
func (p *clockPair) started(t *rapid.T, one *modelTimer, actual *Timer, err error) {
	if !p.up {
		require.ErrorIs(t, err, ErrStopped)
		return
	}
	require.NoError(t, err)
	one.began = p.now
	if one.due == p.now {
		one.waiting = true
	}
	p.timers, p.actual = append(p.timers, one), append(p.actual, actual)
}

func (p *clockPair) name() string { return fmt.Sprint("timer ", len(p.timers)) }

// seconds draws a duration.
func seconds(t *rapid.T, least int) time.Duration {
	return time.Duration(rapid.IntRange(least, 6).Draw(t, "seconds")) * time.Second
}

// timing are the actions on timers and time.
func (p *clockPair) timing() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"after": func(t *rapid.T) {
			d := seconds(t, 0)
			one, err := p.a.Ref().After(p.ctx, d, say(p.name()))
			p.started(t, &modelTimer{name: p.name(), due: p.now + d}, one, err)
		},
		"at": func(t *rapid.T) {
			d := seconds(t, -2)
			one, err := p.a.Ref().At(p.ctx, time.Now().Add(d), say(p.name()))
			p.started(t, &modelTimer{name: p.name(), due: p.now + max(d, 0)}, one, err)
		},
		"every": func(t *rapid.T) {
			d := seconds(t, 1)
			one, err := p.a.Ref().Every(p.ctx, d, say(p.name()))
			p.started(t, &modelTimer{name: p.name(), due: p.now + d, every: d}, one, err)
		},
		"stop a timer": func(t *rapid.T) {
			if len(p.timers) == 0 {
				return
			}
			i := rapid.IntRange(0, len(p.timers)-1).Draw(t, "which")
			require.Equal(t, !p.timers[i].over, p.actual[i].Stop(), p.timers[i].name)
			p.timers[i].over, p.timers[i].waiting = true, false
		},
		"pass": func(t *rapid.T) {
			d := seconds(t, 1)
			pass(d)
			p.pass(d)
		},
	}
}

// living are those on the actor.
func (p *clockPair) living() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"start": func(*rapid.T) {
			if p.up {
				return
			}
			var ctx context.Context
			ctx, p.cancel = context.WithCancel(context.Background())
			go p.s.start(ctx, p.a)
			p.up = true
		},
		"stop": func(*rapid.T) {
			p.stopping = p.up
			p.a.Stop()
		},
		"hold": func(t *rapid.T) {
			if p.up && !p.held && !p.suspended {
				p.held = true
				require.NoError(t, p.a.Ref().TrySend(play{do: func(context.Context) error { return <-p.gate }}))
			}
		},
		"release": func(t *rapid.T) {
			if !p.held {
				return
			}
			p.held = false
			var err error
			if rapid.IntRange(0, 2).Draw(t, "failing") == 0 {
				err = errBroken
				p.end()
			}
			p.gate <- err
		},
		"suspend": func(t *rapid.T) {
			if !p.up || p.stopping || p.held {
				return // it would wait
			}
			if p.suspended = rapid.Bool().Draw(t, "suspended"); p.suspended {
				require.NoError(t, p.a.Suspend(context.Background()))
			} else {
				require.NoError(t, p.a.Resume(context.Background()))
			}
		},
	}
}

// check holds the actor against its model, when both have settled. Which of two that are
// due in the same instant comes first is nobody's promise.
func (p *clockPair) check(t *rapid.T) {
	synctest.Wait() // the actor has settled
	p.settle()
	if !p.up {
		p.cancel()
	}
	p.s.mu.Lock()
	ticks := slices.DeleteFunc(slices.Clone(p.s.trail), func(line string) bool { return !strings.Contains(line, " timer ") })
	p.s.mu.Unlock()
	slices.Sort(p.trail)
	slices.Sort(ticks)
	require.Equal(t, p.trail, ticks)
}

func TestTimersTickAsTheirModelSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			from := time.Now()
			p := &clockPair{clockwork: clockwork{trail: []string{}}, s: &stage{}, gate: make(chan error), cancel: func() {}}
			var err error
			p.a, err = New(Spec[play]{Name: "player", New: func(ctx context.Context, _ Ref[play]) (Receiver[play], error) {
				p.ctx = ctx
				return ReceiverFunc[play](func(ctx context.Context, m play) error {
					if m.do != nil {
						return m.do(ctx)
					}
					p.s.note("%5v %s", time.Since(from), m.name)
					return nil
				}), nil
			}}, p.s)
			require.NoError(t, err)
			p.ctx = Inside(context.Background(), p.a)
			actions := p.timing()
			for name, action := range p.living() {
				actions[name] = action
			}
			actions[""] = p.check
			actions["start"](t)
			p.check(t)
			t.Repeat(actions)
			close(p.gate) // whoever is held goes on, and the bubble can end
			p.a.Close()
			p.cancel()
		})
	})
}
