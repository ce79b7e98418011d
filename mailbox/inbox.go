package mailbox

import "sync/atomic"

// Node carries one message to an [Inbox], which links nodes instead of
// copying messages, so that posting allocates nothing.
//
// The node belongs to the inbox from Post until its message is being handled;
// from then on it may be changed and posted again, even by the handler itself.
// The zero value with a Msg is ready to be posted.
type Node[M any] struct {
	Msg M // what the handler gets; not to be changed while the node is posted

	next *Node[M] // not nil while the node waits in an inbox
}

// Handler handles the messages of an [Inbox], one at a time.
type Handler[M any] interface {
	// Handle handles m. It runs on the goroutine of whoever posted when
	// nobody was handling, so it should be short, must not wait for another
	// Post to be handled, and must not need a lock that a poster holds.
	//
	// It may post to its own inbox: that message is handled after this one,
	// and never inside it.
	//
	// It must not panic or call runtime.Goexit: the inbox would stay busy for
	// good. Nothing guards it, for what panics here is this library's bug and
	// not a child's: user code has no place in a turn.
	Handle(m M)
}

// turnLength is how many messages a poster handles after its own before the
// turn goes on elsewhere: enough to make the move cheap for each, few enough
// that a poster among busy others is held for microseconds.
const turnLength = 64

// Inbox is an unbounded mailbox that needs no consumer of its own: the
// goroutine that posts to an idle inbox handles its message at once, and goes
// on with what others post meanwhile; those leave their node and go. It is the
// inbox of a scope, which so has no goroutine while nothing happens to it.
//
// Messages are handled one at a time, all in the order in which they were
// posted; each handling happens before the next one. There is no Close: an
// inbox never refuses a message, and is garbage when nobody can post to it.
//
// Of the messages that others post, and those that the handler posts, one
// goroutine handles at most 64 in a turn; then the turn moves to a goroutine
// of its own, where it lasts until nothing is left.
//
// The zero Inbox must be given its handler by Init. It must not be copied.
//
// Invariants:
//
//  1. word is nil, or &busy, or the newest of a list of nodes that ends in
//     &busy. It is nil if and only if no turn runs and no node waits.
//     (TestAPosterFindsTheInboxIdleAgain)
//  2. There is at most one turn: it begins when word goes from nil to &busy,
//     ends when word goes back, and belongs to one goroutine at a time. Only
//     the turn calls the handler. (TestManyPostersAtOnce)
//  3. A poster only ever adds in front, and the turn only ever takes the whole
//     list: so a compare-and-swap that succeeds has seen the true list, however
//     often nodes were posted again in between. (TestManyPostersAtOnce)
//  4. The turn handles a list from its oldest node before it takes the next
//     list. (TestMessagesAreHandledInTheOrderInWhichTheyWerePosted)
//  5. The next of a node is not nil exactly while it waits, and is nil, with
//     Msg read, before its message is handled.
//     (TestANodeMayBePostedAgainByItsOwnHandler, TestANodePostedTwiceIsABug)
//  6. Neither the turn touches b, nor a poster its node, after the
//     compare-and-swap that gives it away.
//     (TestTheHandlerMayReuseWhatWasPosted)
type Inbox[M any] struct {
	word      atomic.Pointer[Node[M]]
	busy      Node[M] // stands for no message; its next keeps the rest of a turn that is moving
	handler   Handler[M]
	elsewhere func(func())
}

// Init gives b its handler, and the way to another goroutine: elsewhere(f)
// must have f called once, soon, and not on the calling goroutine. It must be
// called once and known to have returned before the first Post.
func (b *Inbox[M]) Init(h Handler[M], elsewhere func(func())) {
	b.handler, b.elsewhere = h, elsewhere
}

// Post hands n to the handler: on this goroutine and before Post returns if
// nobody is handling, and else by leaving it to whoever is. It never blocks
// longer than it takes to handle its own message and up to 64 of others.
// It panics if n is still waiting in an inbox. Any number of goroutines may
// call Post.
func (b *Inbox[M]) Post(n *Node[M]) {
	if n.next != nil {
		panic("mailbox: a node was posted again before its message was handled")
	}
	for {
		newest := b.word.Load()
		if newest == nil {
			if b.word.CompareAndSwap(nil, &b.busy) {
				b.handler.Handle(n.Msg)
				b.turn()
				return
			}
			continue
		}
		n.next = newest
		if b.word.CompareAndSwap(newest, n) {
			return
		}
		n.next = nil
	}
}

// turn goes on with the turn after the poster's own message.
func (b *Inbox[M]) turn() {
	for handled, list := 0, &b.busy; ; handled++ {
		if list == &b.busy {
			if list = b.takeAll(); list == nil {
				return
			}
		}
		if handled == turnLength {
			b.busy.next = list
			b.elsewhere(b.resume)
			return
		}
		list = b.handle(list)
	}
}

// resume goes on with a turn on a goroutine that is there for nothing else.
func (b *Inbox[M]) resume() {
	list := b.busy.next
	b.busy.next = nil
	for list != nil {
		if list == &b.busy {
			list = b.takeAll()
			continue
		}
		list = b.handle(list)
	}
}

// takeAll returns what was posted since it was last called, oldest first up
// to &busy. If there is nothing it ends the turn and returns nil.
func (b *Inbox[M]) takeAll() *Node[M] {
	if b.word.CompareAndSwap(&b.busy, nil) {
		return nil
	}
	oldest := &b.busy
	for n := b.word.Swap(&b.busy); n != &b.busy; {
		n, n.next, oldest = n.next, oldest, n
	}
	return oldest
}

// handle handles the message of n and returns the node behind it.
func (b *Inbox[M]) handle(n *Node[M]) *Node[M] {
	next, m := n.next, n.Msg
	n.next = nil
	b.handler.Handle(m) // n may be anything from here on
	return next
}
