package mailboxtest

import (
	"testing"
	"testing/synctest"

	"github.com/understudy-go/understudy/mailbox"
)

// Makers makes the mailboxes to be checked, each call a new and empty one.
// What an implementation does not offer stays nil and is not checked.
type Makers struct {
	Unbounded func() mailbox.Mailbox[int]             // never full
	Block     func(capacity int) mailbox.Mailbox[int] // Put waits while full; capacity is at least 1
	Reject    func(capacity int) mailbox.Mailbox[int] // Put returns ErrFull while full; capacity is at least 1
}

// Run checks every promise of [mailbox.Mailbox] that applies to what m makes,
// each in a subtest of t.
func Run(t *testing.T, m Makers) {
	for _, c := range checksFor(m) {
		t.Run(c.name, func(t *testing.T) {
			if c.outside {
				c.run(t)
				return
			}
			synctest.Test(t, func(t *testing.T) { c.run(t) })
		})
	}
}

// tb is what a check needs of its test; the suite's own test has one that
// only remembers.
type tb interface {
	Helper()
	Fatalf(format string, args ...any) // does not return
}

// check is one promise.
type check struct {
	name    string
	outside bool // measures the process, and so runs outside a bubble
	run     func(t tb)
}

// roomy is a capacity that the checks which are not about capacity stay below.
const roomy = 1 << 18

// checksFor returns the checks that apply to what m makes.
func checksFor(m Makers) []check {
	var all []check
	add := func(kind string, cs []check) {
		for _, c := range cs {
			c.name = kind + "/" + c.name
			all = append(all, c)
		}
	}
	if m.Unbounded != nil {
		add("unbounded", common(m.Unbounded))
	}
	if m.Block != nil {
		add("block", common(func() mailbox.Mailbox[int] { return m.Block(roomy) }))
		add("block", bounded(m.Block))
		add("block", blocking(m.Block))
		add("block", waiting(m.Block))
	}
	if m.Reject != nil {
		add("reject", common(func() mailbox.Mailbox[int] { return m.Reject(roomy) }))
		add("reject", bounded(m.Reject))
		add("reject", rejecting(m.Reject))
	}
	return all
}

// noErr ends the check unless err is nil.
func noErr(t tb, err error, what string) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v, want no error", what, err)
	}
}

// isErr ends the check unless err is want itself: callers compare with ==.
func isErr(t tb, err, want error, what string) {
	t.Helper()
	if err != want {
		t.Fatalf("%s: %v, want %v", what, err, want)
	}
}

// takes ends the check unless the next messages are want.
func takes(t tb, b mailbox.Mailbox[int], want ...int) {
	t.Helper()
	for _, w := range want {
		if m, ok := b.Take(); !ok || m != w {
			t.Fatalf("Take: %d, %v, want %d", m, ok, w)
		}
	}
}

// empty ends the check unless there is nothing to take.
func empty(t tb, b mailbox.Mailbox[int]) {
	t.Helper()
	if m, ok := b.Take(); ok {
		t.Fatalf("Take: %d, want nothing", m)
	}
	hasLen(t, b, 0)
}

// hasLen ends the check unless b holds n messages.
func hasLen(t tb, b mailbox.Mailbox[int], n int) {
	t.Helper()
	if got := b.Len(); got != n {
		t.Fatalf("Len: %d, want %d", got, n)
	}
}

// fill queues the messages 0 to n-1, which must not have to wait.
func fill(t tb, b mailbox.Mailbox[int], n int) {
	t.Helper()
	for i := range n {
		noErr(t, b.TryPut(i), "TryPut with room")
	}
}
