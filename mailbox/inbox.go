package mailbox

import "sync/atomic"

// Node carries one message to an [Inbox], which links nodes instead of
// copying messages, so that posting allocates nothing.
//
// The node is the inbox's from Post until its message is being handled; from
// then on it may be posted again, even by the handler itself.
type Node[M any] struct {
	Msg M // not to be changed while posted

	next *Node[M] // non-nil while the node waits in an inbox
}

// Handler handles the messages of an [Inbox], one at a time.
type Handler[M any] interface {
	// Handle handles m. It may post to its own inbox, whose message is then
	// handled after this one. It must not panic: the inbox would stay busy
	// for good, and a panic here is a bug of the library that owns it.
	Handle(m M)
}

// turnLength is how many messages of others a poster handles before the turn
// goes on elsewhere.
const turnLength = 64

// Inbox is an unbounded mailbox that needs no consumer of its own.
type Inbox[M any] struct {
	word      atomic.Pointer[Node[M]] // nil, &busy, or the newest node waiting
	busy      Node[M]                 // its address says busy; its next keeps the rest of a turn that moves
	handler   Handler[M]
	elsewhere func(func())
}

// Init makes b ready for Post. elsewhere(f) must call f on another goroutine.
// It must be called once, before the first Post.
func (b *Inbox[M]) Init(h Handler[M], elsewhere func(func())) {
	b.handler, b.elsewhere = h, elsewhere
}

// Post hands n to the handler: now, on this goroutine, if nobody is handling,
// and else by leaving it to the one who is. It never blocks.
func (b *Inbox[M]) Post(n *Node[M]) {
	if n.next != nil {
		panic("mailbox: node posted again before its message was handled")
	}
	for {
		head := b.word.Load()
		if head == nil {
			if b.word.CompareAndSwap(nil, &b.busy) {
				b.handler.Handle(n.Msg)
				b.turn(nil)
				return
			}
			continue
		}
		n.next = head
		if b.word.CompareAndSwap(head, n) {
			return
		}
	}
}

// turn handles what others posted until there is nothing left.
func (b *Inbox[M]) turn(_ *Node[M]) {
	for handled := 0; ; {
		if b.word.CompareAndSwap(&b.busy, nil) {
			return // nothing of b may be touched from here on
		}
		list := b.reversed(b.word.Swap(&b.busy))
		for list != &b.busy {
			if handled == turnLength {
				b.busy.next = list
				b.elsewhere(b.resume)
				return
			}
			list = b.handle(list)
			handled++
		}
	}
}

// resume goes on with a turn on a goroutine that has nothing else to do.
func (b *Inbox[M]) resume() {
	list := b.busy.next
	b.busy.next = nil
	for {
		for list != &b.busy {
			list = b.handle(list)
		}
		if b.word.CompareAndSwap(&b.busy, nil) {
			return
		}
		list = b.reversed(b.word.Swap(&b.busy))
	}
}

func (b *Inbox[M]) handle(n *Node[M]) (next *Node[M]) {
	next, m := n.next, n.Msg
	n.next = nil
	b.handler.Handle(m)
	return next
}

func (b *Inbox[M]) reversed(newest *Node[M]) *Node[M] {
	list := &b.busy
	for n := newest; n != &b.busy; {
		n, n.next, list = n.next, list, n
	}
	return list
}
