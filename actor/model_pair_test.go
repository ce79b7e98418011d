package actor

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
)

// pair is an actor beside its model.
type pair struct {
	model
	s    *stage
	a    *Actor[play]
	gate chan struct{}
	next int

	cancel  context.CancelFunc // of the incarnation
	asks    []*order           // all of them, and what takes each back
	looks   []*look
	leaves  map[string]context.CancelFunc
	unhooks map[string]func() bool // what takes back who waits for the end
	unheard []string               // who did not hear of the end

	actual struct { // the same of the actor; guarded by the lock of the stage
		makes         string
		waits         bool // in New
		linger, tarry bool
		outcomes      map[string]string
	}
}

// newPair draws what an actor is made with.
func newPair(t *rapid.T) *pair {
	p := &pair{s: &stage{}, gate: make(chan struct{}), leaves: map[string]context.CancelFunc{}, unhooks: map[string]func() bool{}}
	p.model = model{phase: "halted", capacity: 4, room: rapid.IntRange(0, 3).Draw(t, "room"), outcomes: map[string]string{},
		overflow: rapid.SampledFrom([]string{"block", "newest", "oldest"}).Draw(t, "overflow"),
		drains:   rapid.Bool().Draw(t, "drains"), stops: rapid.Bool().Draw(t, "stops")}
	p.actual.outcomes = map[string]string{}
	overflow := map[string]mailbox.Overflow{"block": mailbox.Block, "newest": mailbox.DropNewest, "oldest": mailbox.DropOldest}
	p.s.onDead = func(why error) {
		if why == ErrStopped && p.get(func() bool { return p.actual.tarry }) {
			<-p.gate
		}
	}
	var err error
	p.a, err = New(Spec[play]{Name: "player", Mailbox: mailbox.Bounded(p.capacity, overflow[p.overflow]),
		Stash: p.room, Drain: p.drains, New: p.make}, p.s)
	require.NoError(t, err)
	return p
}

// get reads what the test has set.
func (p *pair) get(f func() bool) bool {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return f()
}

func (p *pair) outcome(id string, what any) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.actual.outcomes[id] = fmt.Sprint(what)
}

// make is the New of the actor.
func (p *pair) make(ctx context.Context, _ Ref[play]) (Receiver[play], error) {
	p.s.note("new after %v", LastError(ctx))
	if p.get(func() bool { return p.actual.waits }) {
		<-p.gate
	}
	switch p.actual.makes {
	case "fail":
		return nil, errBroken
	case "panic":
		panic("oh no")
	case "exit":
		runtime.Goexit()
	case "ignore":
		return nil, policy.ErrIgnored
	}
	if p.stops {
		return pairStopper{p}, nil
	}
	return ReceiverFunc[play](p.receive), nil
}

func (p *pair) receive(ctx context.Context, m play) error {
	p.s.note("got %s", m.name)
	return m.do(ctx)
}

// pairStopper is the Receiver of one that stops.
type pairStopper struct{ *pair }

func (p pairStopper) Receive(ctx context.Context, m play) error { return p.receive(ctx, m) }

func (p pairStopper) Stopped(_ context.Context, why error) {
	p.s.note("stopped: %v", why)
	if p.get(func() bool { return p.actual.linger }) {
		<-p.gate
	}
}

// play returns the message of o.
func (p *pair) play(o *order, reply Reply[string]) play {
	put := 0
	return play{name: o.id, do: func(ctx context.Context) error {
		what := o.what
		if put == stashLimit {
			what = "say"
		}
		switch what {
		case "hold":
			<-p.gate
		case "fail":
			return errBroken
		case "panic":
			panic("oh no")
		case "exit":
			runtime.Goexit()
		case "done":
			return policy.Done(nil)
		case "keep":
			return nil
		case "refuse":
			return Unhandled(errBroken)
		case "unstash":
			n, _ := p.a.Ref().Unstash(ctx)
			p.s.note("unstashed %d", n)
		case "stash", "stash and fail", "stash and done":
			if p.a.Ref().Stash(ctx) == nil {
				put++
				return map[string]error{"stash and fail": errBroken, "stash and done": policy.Done(nil)}[what]
			}
			p.s.note("no room for %s", o.id)
		}
		reply.Send("answer")
		return nil
	}}
}

// compare lets both settle, and compares them.
func (p *pair) compare(t *rapid.T) {
	p.settle()
	synctest.Wait() // the actor has settled too
	require.Equal(t, p.trail, slices.Clone(p.s.trail))
	require.Equal(t, p.outcomes, maps.Clone(p.actual.outcomes))
	require.Equal(t, p.waiting(), p.a.Stats().Len)
	require.Equal(t, p.suspended, p.a.Suspended())
}

// finish ends the actor, and everything that waits for it: the bubble can end.
func (p *pair) finish() {
	close(p.gate)
	p.a.Close()
	synctest.Wait() // it has ended
	p.unheard = slices.DeleteFunc(slices.Concat(p.hooks, slices.Collect(maps.Keys(p.leaves))), func(id string) bool {
		_, heard := p.actual.outcomes[id]
		return heard
	})
	for _, leave := range p.leaves {
		leave()
	}
	if p.cancel != nil {
		p.cancel()
	}
}

func TestALifeCycleFollowsItsModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			p := newPair(t)
			func() {
				defer p.finish() // also when rapid has seen enough
				t.Repeat(p.actions(context.Background()))
			}()
			require.Zero(t, p.a.Stats().Len)
			require.Empty(t, p.unheard, "everybody hears what has become of it")
		})
	})
}
