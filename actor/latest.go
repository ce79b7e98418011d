package actor

import "github.com/understudy-go/understudy/mailbox"

// Latest is a mailbox that holds the newest message of each key, for [Spec.NewMailbox]:
// of states of which only the last one matters, such as prices or positions. One that
// comes while an older one of its key waits takes its place. The older one was dropped:
// it becomes a dead letter with [mailbox.ErrDropped], or goes back to its asker with that.
//
// capacity is how many keys may wait, at least 1; the sender of one key more waits for
// room. key is as that of [mailbox.NewLatest]. A fault in either is an error where the
// actor is made.
func Latest[M any, K comparable](capacity int, key func(M) K) func(drop func(Envelope[M])) (mailbox.Mailbox[Envelope[M]], error) {
	var keyOf func(Envelope[M]) K
	if key != nil {
		keyOf = func(e Envelope[M]) K { return key(e.Message) }
	}
	return func(drop func(Envelope[M])) (mailbox.Mailbox[Envelope[M]], error) {
		return mailbox.NewLatest(capacity, keyOf, drop)
	}
}
