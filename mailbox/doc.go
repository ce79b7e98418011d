// Package mailbox holds messages between those who send them and the one who
// handles them. It knows nothing of actors, and starts no goroutine.
//
// # Which one
//
//	                     room          a message too many      who handles
//	Bounded(n, Block)    n messages    waits, as long as its    the one who calls Take
//	                                   context lasts
//	Bounded(n, Reject)   n messages    ErrFull, at once         the one who calls Take
//	Unbounded()          no limit      there is none            the one who calls Take
//	Inbox                no limit      there is none            whoever posts first
//
// Take Bounded with Block unless you know better: a consumer that falls behind
// slows its senders down, and that is how load finds its way back to where it
// comes from. The zero [Spec] is Bounded(64, Block).
//
// Take Reject where the sender has something better to do than wait: shed the
// request, answer "busy", count a drop.
//
// Take Unbounded where a sender must not wait and its messages are few by
// nature, such as one per child. Nothing else limits its memory.
//
// [Inbox] is the scope's own: it has no consumer, its nodes are its senders',
// and the one who posts to it may find itself handling.
//
// # What all of them promise
//
// The messages of one sender come out in its order. A message is queued and
// then taken once, or refused with an error and then never taken. Close lets
// what is queued be taken. Senders that wait are let in in the order in which
// they came, by the one who makes room: none starves, none is overtaken by
// [Mailbox.TryPut], and one that gives up takes no other's wake-up along.
// Package mailboxtest holds any implementation to this.
//
// # Memory
//
// A message is copied, never boxed, and in steady state Put and Take allocate
// nothing; only a Put that has to wait allocates what it waits with. The first
// message of an empty mailbox lies in the mailbox itself, more go to chunks of
// 32 that mailboxes of the same message type share through a sync.Pool. Once
// Take has found the mailbox empty it owns no chunk: an idle one is at most 96
// bytes and one message large.
package mailbox
