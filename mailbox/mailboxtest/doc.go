// Package mailboxtest puts an implementation of [mailbox.Mailbox] through the
// promises that the interface makes.
//
//	func TestMine(t *testing.T) {
//		mailboxtest.Run(t, mailboxtest.Makers{
//			Block: func(capacity int) mailbox.Mailbox[int] { return newMine(capacity) },
//		})
//	}
//
// Each promise is a subtest named by its sentence. Where waiting matters it
// runs in a [testing/synctest] bubble, so that "at once" means at the same
// instant and "blocks" means for exactly as long as nobody makes room; the
// mailbox must therefore make its channels and timers when it needs them, and
// hold no lock while it waits.
//
// The suite is as good as its power to fail: its own test runs it against
// mailboxes that lose, double, reorder, hoard and overtake.
package mailboxtest
