package mailbox_test

import (
	"testing"

	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/mailbox/mailboxtest"
)

func TestTheMailboxesOfNewKeepEveryPromise(t *testing.T) {
	mailboxtest.Run(t, mailboxtest.Makers{
		Unbounded: func() mailbox.Mailbox[int] { return newInt(mailbox.Unbounded(), nil) },
		Block:     func(n int) mailbox.Mailbox[int] { return newInt(mailbox.Bounded(n, mailbox.Block), nil) },
		Reject:    func(n int) mailbox.Mailbox[int] { return newInt(mailbox.Bounded(n, mailbox.Reject), nil) },
		DropNewest: func(n int, drop func(int)) mailbox.Mailbox[int] {
			return newInt(mailbox.Bounded(n, mailbox.DropNewest), drop)
		},
		DropOldest: func(n int, drop func(int)) mailbox.Mailbox[int] {
			return newInt(mailbox.Bounded(n, mailbox.DropOldest), drop)
		},
		Latest: func(n int, key func(int) int, drop func(int)) mailbox.Mailbox[int] {
			b, err := mailbox.NewLatest(n, key, drop)
			if err != nil {
				panic(err)
			}
			return b
		},
	})
}

func newInt(s mailbox.Spec, drop func(int)) mailbox.Mailbox[int] {
	b, err := mailbox.New(s, drop)
	if err != nil {
		panic(err)
	}
	return b
}
