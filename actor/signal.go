package actor

import "context"

// signal is what reaches an actor beside its mailbox: a tick of a timer, a notice of
// another's end, a look from outside. It is a node of the actor's lane, which links
// nodes instead of copying messages: a signal never finds it full, and waits for
// nobody. That the sender of a signal has one node, and posts it again only when the
// actor has served it, bounds the lane.
//
// A signal is served after the messages that were queued when it came: what somebody
// sent before it ended comes before the notice of that.
type signal[M any] struct {
	// serve is called in the actor, between two messages, by the goroutine that owns it.
	// It may return a message to be handled. An error ends the incarnation.
	serve func() (e Envelope[M], deliver bool, err error)

	// lost, if set, is called in its place when the incarnation ends before. It may run in
	// a turn of the scope.
	lost func()

	urgent bool // served before the next message, also while the actor is suspended
	at     int  // served when so many messages are taken, unless it is urgent; the owner's
	next   *signal[M]
}

// signals is a queue of them.
type signals[M any] struct{ first, last *signal[M] }

func (q *signals[M]) add(s *signal[M]) {
	if q.first == nil {
		q.first = s
	} else {
		q.last.next = s
	}
	q.last = s
}

// take takes the first one, or returns nil.
func (q *signals[M]) take() *signal[M] {
	s := q.first
	if s != nil {
		q.first, s.next = s.next, nil
	}
	if q.first == nil {
		q.last = nil
	}
	return s
}

// post leaves s in the lane, and has it seen. Nobody may post s again before it was
// served or lost.
func (a *Actor[M]) post(s *signal[M]) {
	x := a.extra()
	for {
		s.next = x.lane.Load()
		if x.lane.CompareAndSwap(s.next, s) {
			break
		}
	}
	a.flag(signalFlag)
}

// collect takes what is in the lane, oldest first, behind what was there before.
func (b *burst[M]) collect(x *extras[M]) {
	b.actor.word.And(^signalFlag) // before the look: what comes later sets it again
	if newest := x.lane.Swap(nil); newest != nil {
		x.sort(newest, b.handled+len(x.front)+b.actor.box.Len())
	}
}

// sort queues what was in the lane; what is not urgent waits until at messages are taken.
func (x *extras[M]) sort(newest *signal[M], at int) {
	var oldest *signal[M]
	for s := newest; s != nil; {
		s, s.next, oldest = s.next, oldest, s
	}
	for s := oldest; s != nil; {
		next := s.next
		s.next, s.at = nil, at
		if s.urgent {
			x.urgent.add(s)
		} else {
			x.pending.add(s)
		}
		s = next
	}
}

// step says what follows what a burst has done beside messages.
type step uint8

const (
	onward step = iota // the next message
	again              // a second look
	over               // the end of the incarnation, or of the burst with errIdle
)

// attend does what there is beside messages: one signal at most, then what flags ask
// for.
func (b *burst[M]) attend(ctx context.Context, r Receiver[M]) (next step, err error) {
	a, x := b.actor, b.actor.more.Load()
	if x == nil { // no signal, and nothing to drain: it is a flag
		if a.word.Load()&stopFlag != 0 {
			return over, nil
		}
		x = a.extra()
	}
	b.collect(x)
	b.front = len(x.front) > 0
	w := a.word.Load()
	if w&stopFlag != 0 && (w&suspendFlag != 0 || !b.drains(ctx, x)) {
		return over, nil
	}
	if s := b.nextSignal(x, w&suspendFlag != 0); s != nil {
		x.handled = b.handled
		e, deliver, err := s.serve()
		if err != nil || !deliver || !e.Take() {
			return again, err
		}
		b.hand = e
		return again, b.receive(ctx, r)
	}
	if w&suspendFlag != 0 {
		return b.park(x)
	}
	return onward, nil
}

// nextSignal takes the signal to be served now, or returns nil, and says when to look
// again.
func (b *burst[M]) nextSignal(x *extras[M], suspended bool) (s *signal[M]) {
	s = x.urgent.take()
	if first := x.pending.first; s == nil && first != nil && !suspended && first.at <= b.handled {
		s = x.pending.take()
	}
	switch {
	case x.urgent.first != nil:
		b.due = b.handled
	case x.pending.first != nil:
		b.due = x.pending.first.at
	default:
		b.due = never
	}
	return s
}

// hurry has the next signal served now: nothing is left that it would wait for.
func (b *burst[M]) hurry() {
	b.due = b.handled
	if s := b.actor.more.Load().pending.first; s != nil {
		s.at = b.handled // it may have waited for what the mailbox has dropped since
	}
}

// park makes a suspended actor idle: messages wait until it is resumed.
func (b *burst[M]) park(x *extras[M]) (next step, err error) {
	x.handled = b.handled
	x.stuck.leave()
	if b.actor.word.CompareAndSwap(active|suspendFlag, idle|suspendFlag) {
		return over, errIdle
	}
	return again, nil
}

// loseSignals tells those whose signals no incarnation will serve, in order: some post
// theirs again, for the next one.
func (x *extras[M]) loseSignals() {
	x.sort(x.lane.Swap(nil), 0)
	urgent, pending := x.urgent, x.pending
	x.urgent, x.pending = signals[M]{}, signals[M]{}
	for _, q := range []*signals[M]{&urgent, &pending} {
		for s := q.take(); s != nil; s = q.take() {
			if s.lost != nil {
				s.lost()
			}
		}
	}
}

// drains reports whether an actor that is to stop has messages left that it handles
// before: those that were queued when it was asked, while its context lasts.
func (b *burst[M]) drains(ctx context.Context, x *extras[M]) bool {
	if !x.options.drain || ctx.Err() != nil {
		return false
	}
	queued := b.actor.box.Len()
	if !b.draining {
		b.draining, b.until = true, b.handled-b.fronts+queued
	}
	return len(x.front) > 0 || queued > 0 && b.handled-b.fronts < b.until
}
