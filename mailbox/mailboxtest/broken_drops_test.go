package mailboxtest

import (
	"context"
	"runtime"
	"sync"

	"github.com/understudy-go/understudy/mailbox"
)

// shut stays closed.
type shut struct{ box }

func (shut) Open() {}

// emptying forgets what it has when it is opened.
type emptying struct{ box }

func (b emptying) Open() {
	for _, ok := b.Take(); ok; _, ok = b.Take() {
		continue
	}
	b.box.Open()
}

// slamming closes when it is opened.
type slamming struct{ box }

func (b slamming) Open() { b.box.Close() }

// hopeful has a sender that was woken by Close try again.
type hopeful struct{ box }

func (b hopeful) Put(ctx context.Context, m int) error {
	err := b.box.Put(ctx, m)
	if err == mailbox.ErrClosed {
		return b.box.Put(ctx, m)
	}
	return err
}

// polite accepts what it refuses.
type polite struct{ box }

func (b polite) Put(ctx context.Context, m int) error {
	_ = b.box.Put(ctx, m)
	return nil
}

// stated says something else of itself.
type stated struct {
	box
	say func(mailbox.Stats) mailbox.Stats
}

func (b stated) Stats() mailbox.Stats { return b.say(b.box.Stats()) }

func born(s mailbox.Stats) mailbox.Stats      { s.Peak++; return s }
func present(s mailbox.Stats) mailbox.Stats   { s.Peak = s.Len; return s }
func rounding(s mailbox.Stats) mailbox.Stats  { s.Peak = (s.Peak + 31) / 32 * 32; return s }
func uncounted(s mailbox.Stats) mailbox.Stats { s.Dropped = 0; return s }

func saying(say func(mailbox.Stats) mailbox.Stats) func(int) box {
	return func(n int) box { return stated{block(n), say} }
}

// racing misses what comes while it counts.
type racing struct {
	box
	mu sync.Mutex
	n  int
}

func (b *racing) add(n int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n += n
	return b.n
}

func (b *racing) Put(ctx context.Context, m int) error {
	n := b.add(0)
	runtime.Gosched()
	b.add(n + 1 - b.add(0))
	return b.box.Put(ctx, m)
}

func (b *racing) Stats() mailbox.Stats {
	s := b.box.Stats()
	s.Peak = b.add(0)
	return s
}

// dropper makes a mailbox that may drop.
type dropper = func(capacity int, drop func(int)) box

func dropNewest(n int, drop func(int)) box { return overflowing(n, mailbox.DropNewest, drop) }
func dropOldest(n int, drop func(int)) box { return overflowing(n, mailbox.DropOldest, drop) }

func overflowing(n int, o mailbox.Overflow, drop func(int)) box {
	b, err := mailbox.New(mailbox.Bounded(n, o), drop)
	if err != nil {
		panic(err)
	}
	return b
}

// telling has tell stand between the mailbox and its drop function.
func telling(of dropper, tell func(drop func(int), m int)) dropper {
	return func(n int, drop func(int)) box {
		return of(n, func(m int) {
			if drop != nil {
				tell(drop, m)
			}
		})
	}
}

func never(func(int), int)         {}
func twice(drop func(int), m int)  { drop(m); drop(m) }
func others(drop func(int), m int) { drop(m + 1) }

// late tells of a message when it drops the next.
func late(of dropper) dropper {
	return func(n int, drop func(int)) box {
		before := -1
		return telling(of, func(drop func(int), m int) {
			if before >= 0 {
				drop(before)
			}
			before = m
		})(n, drop)
	}
}

// locked refuses while it drops, where a lock would hang.
type locked struct {
	box
	held *bool
}

func lockedWhileDropping(of dropper) dropper {
	return func(n int, drop func(int)) box {
		held := new(bool)
		tell := func(drop func(int), m int) { *held = true; drop(m); *held = false }
		return locked{telling(of, tell)(n, drop), held}
	}
}

func (b locked) TryPut(m int) error {
	if *b.held {
		return mailbox.ErrFull
	}
	return b.box.TryPut(m)
}

// tidy drops what it refuses.
type tidy struct {
	box
	drop func(int)
}

func (b tidy) TryPut(m int) error {
	err := b.box.TryPut(m)
	if err != nil {
		b.drop(m)
	}
	return err
}

// keeping keeps what it drops.
type keeping struct {
	box
	kept *[]int
}

func keepingAll(of dropper) dropper {
	return func(n int, _ func(int)) box {
		var kept []int
		return keeping{of(n, func(m int) { kept = append(kept, m) }), &kept}
	}
}
