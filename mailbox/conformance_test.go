package mailbox_test

import (
	"testing"

	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/mailbox/mailboxtest"
)

func TestTheMailboxesOfNewKeepEveryPromise(t *testing.T) {
	mailboxtest.Run(t, mailboxtest.Makers{
		Unbounded: func() mailbox.Mailbox[int] { return newInt(mailbox.Unbounded()) },
		Block:     func(n int) mailbox.Mailbox[int] { return newInt(mailbox.Bounded(n, mailbox.Block)) },
		Reject:    func(n int) mailbox.Mailbox[int] { return newInt(mailbox.Bounded(n, mailbox.Reject)) },
	})
}

func newInt(s mailbox.Spec) mailbox.Mailbox[int] {
	b, err := mailbox.New[int](s, nil)
	if err != nil {
		panic(err)
	}
	return b
}
