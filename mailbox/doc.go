// Package mailbox holds messages between those who send them and the one who
// handles them. It knows nothing of actors, and starts no goroutine.
//
// # Which one
//
//	                          room          a message too many
//	Bounded(n, Block)         n messages    waits, as long as its context lasts
//	Bounded(n, Reject)        n messages    ErrFull, at once
//	Bounded(n, DropNewest)    n messages    is dropped; Put returns nil
//	Bounded(n, DropOldest)    n messages    has the oldest dropped; Put returns nil
//	NewLatest(n, key, drop)   n keys        of a key that is there, takes the place of that
//	                                        one, which is dropped; else waits as under Block
//	Unbounded()               no limit      there is none
//	Inbox                     no limit      there is none; whoever posts first handles
//
// Take Bounded with Block unless you know better: a consumer that falls behind
// slows its senders down, and that is how load finds its way back to where it
// comes from. The zero [Spec] is Bounded(64, Block).
//
// Take Reject where the sender has something better to do than wait: shed the
// request, answer "busy", count a drop.
//
// Take DropNewest or DropOldest where messages are many and each is worth little
// (samples, progress, log lines) and a sender must neither wait nor be bothered:
// the newest where a beginning explains what follows, the oldest where only
// what is recent is of use. What is dropped is counted in [Stats], and told to
// the drop function: nothing is lost in silence.
//
// Take [NewLatest] where a message is the state of something and makes the one
// before it worthless: a price, a position, a level.
//
// Take Unbounded where a sender must not wait and its messages are few by
// nature, such as one per child. Nothing else limits its memory.
//
// [Inbox] is the scope's own: it has no consumer, its nodes are its senders',
// and the one who posts to it may find itself handling.
//
// A mailbox of your own has the methods of [Mailbox], and package mailboxtest
// holds it to what they promise; the example of Mailbox is one with priorities.
//
// # What all of them promise
//
// Each message is refused with an error, or accepted and then taken once,
// dropped once, or still there. The messages of one sender come out in its
// order, unless a later one took an earlier one's place. Close lets what is
// queued be taken, and Open undoes it. Senders that wait are let in in the order
// in which they came, by the one who makes room: none starves, none is overtaken
// by [Mailbox.TryPut], and one that gives up takes no other's wake-up along.
// The functions of others, drop and key, are called outside every lock.
// Package mailboxtest holds any implementation to this.
//
// Waiting senders first come, first served, and an end of their wait with their
// context, are those of a Go channel in a select; what Go channels lack is what
// they do when they are full, which is as with the overflow strategies of
// reactive streams, and to be closed while there are senders.
//
// # Memory
//
// A message is copied, never boxed, and in steady state Put and Take allocate
// nothing; only a Put that has to wait allocates what it waits with. The first
// message of an empty mailbox lies in the mailbox itself. The second borrows
// what a burst needs, room for 32 messages and those who wait, and more borrow
// chunks of 32, from a sync.Pool that mailboxes of the same message type share.
// Once Take has found the mailbox empty it has given all that back. An idle one
// is, beside the room for one message, 40 bytes (Unbounded), 48 (Block and
// Reject), 64 (DropNewest and DropOldest), or 72 and a key (NewLatest).
package mailbox
