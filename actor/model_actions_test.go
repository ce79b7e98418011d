package actor

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// kinds are what a message may do, the usual more often.
var kinds = []string{"say", "say", "say", "hold", "hold", "keep", "refuse", "stash", "stash", "stash", "unstash", "unstash",
	"stash and fail", "stash and done", "fail", "panic", "exit", "done"}

func (p *pair) name(what string) string {
	p.next++
	return fmt.Sprintf("%s %d", what, p.next)
}

func (p *pair) draw(t *rapid.T, ask bool) *order {
	what := rapid.SampledFrom(kinds).Draw(t, "what")
	return &order{id: p.name(what), what: what, ask: ask}
}

// rarely draws whether to do what would leave little to see if it were done often.
func rarely(t *rapid.T) bool { return rapid.IntRange(0, 3).Draw(t, "rarely") == 0 }

func (p *pair) actions(ctx context.Context) map[string]func(*rapid.T) {
	all := map[string]func(*rapid.T){"": p.compare}
	maps.Copy(all, p.messages(ctx))
	maps.Copy(all, p.lives(ctx))
	maps.Copy(all, p.watches(ctx))
	return all
}

// messages are the actions of those who send.
func (p *pair) messages(ctx context.Context) map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"send": func(t *rapid.T) {
			o := p.draw(t, false)
			require.Equal(t, p.send(o), p.a.Ref().TrySend(p.play(o, Reply[string]{})))
		},
		"ask": func(t *rapid.T) {
			if !p.closed && p.overflow == "block" && len(p.queue) == p.capacity {
				return // it would wait for room
			}
			o := p.draw(t, true)
			p.asks = append(p.asks, o)
			require.Contains(t, []error{nil, ErrStopped}, p.send(o))
			asker, leave := context.WithCancel(ctx)
			p.leaves[o.id] = leave
			go func() {
				v, err := Ask(asker, p.a.Ref(), func(r Reply[string]) play { return p.play(o, r) })
				if err != nil {
					v = err.Error()
				}
				p.outcome(o.id, v)
			}()
		},
		"leave": func(t *rapid.T) {
			open := slices.DeleteFunc(slices.Clone(p.asks), func(o *order) bool { return o.left })
			if len(open) == 0 {
				return
			}
			o := rapid.SampledFrom(open).Draw(t, "who")
			why := context.Canceled
			if o == p.hand || slices.Contains(p.kept, o) {
				why = &NoReplyError{Cause: why}
			}
			p.answer(o, why.Error())
			p.leaves[o.id]()
		},
		"tick": func(t *rapid.T) {
			if !p.alive() {
				return // timers are an incarnation's
			}
			o := p.draw(t, false)
			p.lane = append(p.lane, &look{id: o.id, what: "tick", order: o})
			m := p.play(o, Reply[string]{})
			p.a.post(&signal[play]{serve: func() (Envelope[play], bool, error) { return Envelope[play]{Message: m}, true, nil }})
		},
	}
}

// lives are the actions of a supervisor.
func (p *pair) lives(ctx context.Context) map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"start": p.start(ctx),
		"stop": func(*rapid.T) {
			p.stopping = p.stopping || p.running()
			p.a.Stop()
		},
		"abandon": func(t *rapid.T) {
			if p.running() && p.held != "" && rarely(t) { // it is for one that is stuck
				p.stopping, p.abandoned = true, true
				p.forsake()
				p.a.Abandon()
			}
		},
		"cancel": func(t *rapid.T) {
			if p.running() && rarely(t) {
				p.canceled = true
				p.cancel()
			}
		},
		"close": func(t *rapid.T) {
			if rarely(t) {
				p.close()
				p.a.Close()
			}
		},
		"open": func(t *rapid.T) {
			p.open()
			p.a.Open()
		},
		"release": func(*rapid.T) {
			if p.held != "" {
				p.released()
				p.gate <- struct{}{}
			}
		},
		"linger": func(*rapid.T) {
			p.linger = !p.linger
			p.get(func() bool { p.actual.linger = p.linger; return true })
		},
		"tarry": func(*rapid.T) {
			p.tarry = !p.tarry
			p.get(func() bool { p.actual.tarry = p.tarry; return true })
		},
	}
}

func (p *pair) start(ctx context.Context) func(t *rapid.T) {
	return func(t *rapid.T) {
		refused := p.closed && !p.opened
		if p.running() || p.starts && !refused {
			return // starting it twice is a caller's bug
		}
		if refused {
			p.note("ended: %v", ErrStopped)
			go p.a.Start()
			return
		}
		p.makes = rapid.SampledFrom([]string{"ok", "ok", "ok", "ok", "fail", "panic", "exit", "ignore"}).Draw(t, "makes")
		p.waits = rarely(t)
		p.get(func() bool { p.actual.makes, p.actual.waits = p.makes, p.waits; return true })
		var life context.Context
		life, p.cancel = context.WithCancel(ctx)
		if p.phase == "emptying" {
			p.starts = true
		} else {
			p.begin()
		}
		p.s.ctx = Inside(life, p.a)
		go p.a.Start()
	}
}

// watches are the actions of those who look from outside.
func (p *pair) watches(ctx context.Context) map[string]func(*rapid.T) {
	call := func(what string, do func(ctx context.Context) error) func(*rapid.T) {
		return func(*rapid.T) {
			l := &look{id: p.name(what), what: what}
			if p.over() {
				p.outcomes[l.id] = ErrStopped.Error()
			} else {
				p.lane, p.hooks, p.looks = append(p.lane, l), append(p.hooks, l.id), append(p.looks, l)
			}
			caller, leave := context.WithCancel(ctx)
			p.leaves[l.id] = leave
			go func() { p.outcome(l.id, do(caller)) }()
		}
	}
	return map[string]func(*rapid.T){
		"suspend": call("suspend", p.a.Suspend),
		"resume":  call("resume", p.a.Resume),
		"look": call("look", func(ctx context.Context) error {
			return Inspect(ctx, p.a.Ref(), func(Receiver[play]) error { return nil })
		}),
		"look away": func(t *rapid.T) {
			waiting := slices.DeleteFunc(slices.Clone(p.looks), func(l *look) bool { return !slices.Contains(p.hooks, l.id) })
			if len(waiting) > 0 {
				l := rapid.SampledFrom(waiting).Draw(t, "who")
				l.left = true
				p.unhook(l.id)
				p.outcomes[l.id] = context.Canceled.Error()
				p.leaves[l.id]()
			}
		},
		"watch": func(*rapid.T) {
			id := p.name("watch")
			if p.over() {
				p.outcomes[id] = ErrStopped.Error()
			} else {
				p.hooks = append(p.hooks, id)
			}
			p.unhooks[id] = p.a.AfterEnd(func(why error) { p.outcome(id, why) })
		},
		"unwatch": func(t *rapid.T) {
			if len(p.unhooks) > 0 {
				id := rapid.SampledFrom(slices.Sorted(maps.Keys(p.unhooks))).Draw(t, "who")
				require.Equal(t, p.unhook(id), p.unhooks[id]())
			}
		},
	}
}
