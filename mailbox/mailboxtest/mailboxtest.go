package mailboxtest

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/understudy-go/understudy/mailbox"
)

// Makers makes the mailboxes to be checked, each call a new and empty one.
// What an implementation does not offer stays nil and is not checked.
//
// drop is to be called as that of [mailbox.New]; it may be nil.
type Makers struct {
	Unbounded func() mailbox.Mailbox[int]             // never full
	Block     func(capacity int) mailbox.Mailbox[int] // Put waits while full; capacity is at least 1
	Reject    func(capacity int) mailbox.Mailbox[int] // Put returns ErrFull while full; capacity is at least 1

	DropNewest func(capacity int, drop func(int)) mailbox.Mailbox[int] // Put drops its message while full
	DropOldest func(capacity int, drop func(int)) mailbox.Mailbox[int] // Put drops the oldest message while full

	// Latest holds the latest message of each key, at the place of the first, and
	// waits with a key too many.
	Latest func(capacity int, key func(int) int, drop func(int)) mailbox.Mailbox[int]
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

// check is one promise: run checks it, or on with a mailbox that has room.
type check struct {
	name    string
	outside bool // measures the process, and so runs outside a bubble
	run     func(t tb)
	on      func(t tb, b mailbox.Mailbox[int])
}

// roomy is a capacity that the checks which are not about capacity stay below.
const roomy = 1 << 18

// checksFor returns the checks that apply to what m makes.
func checksFor(m Makers) []check {
	var all []check
	add := func(kind string, room func() mailbox.Mailbox[int], lists ...[]check) {
		for _, c := range slices.Concat(slices.Concat(common(), counting(), reopening()), slices.Concat(lists...)) {
			c.name = kind + "/" + c.name
			if on := c.on; on != nil {
				c.run = func(t tb) {
					b := room()
					defer b.Close()
					on(t, b)
				}
			}
			all = append(all, c)
		}
	}
	if m.Unbounded != nil {
		add("unbounded", m.Unbounded, accounting(func(int, func(int)) mailbox.Mailbox[int] { return m.Unbounded() }, sender))
	}
	if m.Block != nil {
		add("block", func() mailbox.Mailbox[int] { return m.Block(roomy) },
			bounded(m.Block), blocking(m.Block), waiting(m.Block), accounting(lossless(m.Block), sender))
	}
	if m.Reject != nil {
		add("reject", func() mailbox.Mailbox[int] { return m.Reject(roomy) },
			bounded(m.Reject), rejecting(m.Reject), accounting(lossless(m.Reject), sender))
	}
	if m.DropNewest != nil {
		add("drop newest", func() mailbox.Mailbox[int] { return m.DropNewest(roomy, nil) },
			dropping(m.DropNewest, false), losing(m.DropNewest, itself), accounting(m.DropNewest, sender))
	}
	if m.DropOldest != nil {
		add("drop oldest", func() mailbox.Mailbox[int] { return m.DropOldest(roomy, nil) },
			dropping(m.DropOldest, true), losing(m.DropOldest, itself), accounting(m.DropOldest, sender))
	}
	if m.Latest != nil {
		// One whose messages are their own keys replaces none.
		block := func(n int) mailbox.Mailbox[int] { return m.Latest(n, itself, nil) }
		drops := func(n int, drop func(int)) mailbox.Mailbox[int] { return m.Latest(n, keyOf, drop) }
		// Keys that come again, most of one sender and some of two.
		sevens := func(m int) int { return m / 7 }
		some := func(n int, drop func(int)) mailbox.Mailbox[int] { return m.Latest(n, sevens, drop) }
		add("latest", func() mailbox.Mailbox[int] { return block(roomy) },
			bounded(block), blocking(block), waiting(block), byKey(m.Latest), losing(drops, keyOf), accounting(some, func(m int) int { return 1000*sevens(m) + sender(m) }))
	}
	return all
}

// lossless makes mailboxes that drop nothing, and so tell nobody.
func lossless(create func(int) mailbox.Mailbox[int]) func(int, func(int)) mailbox.Mailbox[int] {
	return func(n int, _ func(int)) mailbox.Mailbox[int] { return create(n) }
}

// itself is the key of messages that are their own.
func itself(m int) int { return m }

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
