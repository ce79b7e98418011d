// Package mailboxtest puts an implementation of [mailbox.Mailbox] through the
// promises that the interface makes.
//
//	func TestMine(t *testing.T) {
//		mailboxtest.Run(t, mailboxtest.Makers{
//			Block: func(capacity int) mailbox.Mailbox[int] { return newMine(capacity) },
//		})
//	}
//
// # A mailbox of your own
//
// Fill in the fields of [Makers] whose comment says what yours does when it is
// full, one or several; what yours cannot do stays nil. What the promises leave
// open, choose for the test: a mailbox with priorities gives all messages the
// same one, for those of equal priority are to stay in order, and one that
// looks at its messages is made for int here and for its own type elsewhere.
// The example of package mailbox is such a mailbox.
//
// What yours promises beyond the interface is for a test of its own. Run both
// with -race: senders, the consumer and those who only look meet there.
//
// # How it checks
//
// Each promise is a subtest named by its sentence. Where waiting matters it
// runs in a [testing/synctest] bubble, so that "at once" means at the same
// instant and "blocks" means for exactly as long as nobody makes room; the
// mailbox must therefore make its channels and timers when it needs them, and
// hold no lock while it waits. One that calls a drop or key function under its
// lock hangs where the function uses the mailbox; the dump of the goroutines,
// when the time of the test is over, shows where.
//
// The suite is as good as its power to fail: its own test runs it against
// mailboxes that lose, double, reorder, hoard, overtake, miscount, stay closed,
// drop the wrong message and replace in the wrong place.
package mailboxtest
