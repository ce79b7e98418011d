package soak

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/registry"
	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// letter is a message whose way is counted.
type letter struct {
	key    int
	what   what
	answer actor.Reply[int]
	from   tick // set: no letter, but from a timer or a watch
}

// what is what happens when a letter is handled.
type what uint8

const (
	read    what = iota
	fails        // an error
	panics       // a panic
	puts         // put aside, and handled with the next that is read
	sendsOn      // to another house, which is one more that was sent
	numWhats
)

type tick uint8

const (
	noTick tick = iota
	ticked
	ended
)

// books are what became of letters, all over the town.
type books struct {
	sent, handled, refused atomic.Int64
	watches, notices       atomic.Int64
	ticks                  atomic.Int64
}

// town is a tree of actors that send letters to each other, watch each other and fail.
type town struct {
	books
	root    *tree.Scope
	names   registry.Names[int, letter]
	group   registry.Groups[string, letter]
	streets []*tree.Scope
	houses  []*tree.Child
}

var errTorn = errors.New("torn")

// house is one incarnation of an actor of the town.
type house struct {
	town *town
	self actor.Ref[letter]
	dice *rand.Rand
}

// build spawns the house of a number, with the mailbox it draws, under s.
func (w *town) build(ctx context.Context, s *tree.Scope, n int, dice *rand.Rand) error {
	spec := actor.Spec[letter]{Name: fmt.Sprint(n), Stash: 8, Drain: dice.IntN(2) == 0,
		New: w.names.As(n, nil, func(ctx context.Context, self actor.Ref[letter]) (actor.Receiver[letter], error) {
			h := &house{town: w, self: self, dice: rand.New(rand.NewPCG(uint64(n), rand.Uint64()))}
			return h, h.moveIn(ctx)
		})}
	switch room := 1 + dice.IntN(32); dice.IntN(6) {
	case 0:
		spec.Mailbox = mailbox.Bounded(room, mailbox.Reject)
	case 1:
		spec.Mailbox = mailbox.Bounded(room, mailbox.DropNewest)
	case 2:
		spec.Mailbox = mailbox.Bounded(room, mailbox.DropOldest)
	case 3:
		spec.Mailbox = mailbox.Unbounded()
	case 4:
		spec.NewMailbox = actor.Latest(room, func(l letter) int { return l.key })
	default:
		spec.Mailbox = mailbox.Bounded(room, mailbox.Block)
	}
	ref, err := tree.Spawn(ctx, s, spec)
	if err != nil {
		return err
	}
	return w.group.Join("all", ref, n)
}

// moveIn starts a timer and watches a neighbor.
func (h *house) moveIn(ctx context.Context) error {
	if _, err := h.self.Every(ctx, time.Duration(1+h.dice.IntN(5))*time.Millisecond, letter{from: ticked}); err != nil {
		return err
	}
	neighbor, _, err := h.town.names.Lookup(h.dice.IntN(houses))
	if err != nil {
		return nil // it is not there yet
	}
	_, err = actor.Watch(ctx, neighbor, h.self, func(actor.Terminated) letter { return letter{from: ended} })
	if err == nil {
		h.town.watches.Add(1)
	}
	return err
}

// Receive implements [actor.Receiver].
func (h *house) Receive(ctx context.Context, l letter) error {
	switch {
	case l.from == ticked:
		h.town.ticks.Add(1)
		return nil
	case l.from == ended:
		h.town.notices.Add(1)
		return nil
	case l.what == fails:
		return errTorn
	case l.what == panics:
		panic(errTorn)
	case l.what == puts && h.self.Stash(ctx) == nil:
		return nil
	}
	if l.what == read && h.dice.IntN(8) == 0 {
		if _, err := h.self.Unstash(ctx); err != nil {
			return err
		}
	}
	h.town.handled.Add(1)
	if l.what == sendsOn {
		h.town.count(h.town.names.Via(h.dice.IntN(houses)).TrySend(letter{key: l.key}))
	}
	l.answer.Send(l.key)
	return nil
}

// count books a letter that was sent.
func (w *town) count(err error) {
	w.sent.Add(1)
	if err != nil {
		w.refused.Add(1)
	}
}

// draw returns a letter; few of them do harm.
func draw(dice *rand.Rand) letter {
	l := letter{key: dice.IntN(8)}
	switch n := dice.IntN(4000); {
	case n < 2:
		l.what = fails
	case n < 3:
		l.what = panics
	case n < 100:
		l.what = puts
	case n < 1000:
		l.what = sendsOn
	}
	return l
}

// open builds a town: supervisors of several strategies with some houses each.
func open(ctx context.Context, dice *rand.Rand) (*town, error) {
	w := &town{}
	root, err := tree.Open(ctx, policy.SupervisorScope, tree.WithName("town"), tree.WithObserver(tree.ObserverFunc(func(tree.Event) {})))
	if err != nil {
		return nil, err
	}
	w.root = root
	for i, strategy := range policy.Strategies() {
		p := policy.SupervisorScope
		p.Strategy, p.Intensity = strategy, policy.Intensity{Restarts: 1 << 30, Within: policy.Forever}
		street, err := root.Start(ctx, tree.ChildSpec{Name: strategy.String(), Policy: &p})
		if err != nil {
			return nil, err
		}
		scope, err := street.Scope()
		if err != nil {
			return nil, err
		}
		w.streets = append(w.streets, scope)
		for n := i; n < houses; n += len(policy.Strategies()) {
			if err := w.build(ctx, scope, n, dice); err != nil {
				return nil, err
			}
			ch, err := scope.Child(fmt.Sprint(n))
			if err != nil {
				return nil, err
			}
			w.houses = append(w.houses, ch)
		}
	}
	return w, nil
}
