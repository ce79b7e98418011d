package mailboxtest

import (
	"context"
	"slices"

	"github.com/understudy-go/understudy/mailbox"
)

// latestMaker makes a mailbox that holds the latest message of each key.
type latestMaker = func(capacity int, key func(int) int, drop func(int)) box

func latest(n int, key func(int) int, drop func(int)) box {
	b, err := mailbox.NewLatest(n, key, drop)
	if err != nil {
		panic(err)
	}
	return b
}

// fixed never replaces.
func fixed(n int, _ func(int) int, _ func(int)) box { return block(n) }

// listed holds the latest of each key in a slice, with a fault of its own in how
// one replaces another. It has no lock and lets nobody wait.
type listed struct {
	box     // its capacity
	key     func(int) int
	drop    func(int)
	replace func(ms []int, at, m int) []int
	ms      []int
}

func listedWith(replace func(ms []int, at, m int) []int) latestMaker {
	return func(n int, key func(int) int, drop func(int)) box {
		return &listed{box: block(n), key: key, drop: drop, replace: replace}
	}
}

func keepFirst(ms []int, _, _ int) []int  { return ms }
func moveToEnd(ms []int, at, m int) []int { return append(slices.Delete(ms, at, at+1), m) }

func (b *listed) TryPut(m int) error {
	at := slices.IndexFunc(b.ms, func(old int) bool { return b.key(old) == b.key(m) })
	if at >= 0 {
		b.drop(b.ms[at])
		b.ms = b.replace(b.ms, at, m)
		return nil
	}
	err := b.box.TryPut(m)
	if err == nil {
		b.ms = append(b.ms, m)
	}
	return err
}

func (b *listed) Take() (int, bool) {
	_, ok := b.box.Take()
	if !ok {
		return 0, false
	}
	m := b.ms[0]
	b.ms = b.ms[1:]
	return m, true
}

// sorting takes the message of the smallest key first.
type sorting struct {
	box
	key func(int) int
	ms  []int
}

func newSorting(n int, key func(int) int, drop func(int)) box {
	return &sorting{box: latest(n, key, drop), key: key}
}

func (b *sorting) Take() (int, bool) {
	for m, ok := b.box.Take(); ok; m, ok = b.box.Take() {
		b.ms = append(b.ms, m)
	}
	if len(b.ms) == 0 {
		return 0, false
	}
	slices.SortFunc(b.ms, func(x, y int) int { return b.key(x) - b.key(y) })
	m := b.ms[0]
	b.ms = b.ms[1:]
	return m, true
}

// crowded refuses what needs no room when there is none.
type crowded struct {
	box
	capacity int
}

func newCrowded(n int, key func(int) int, drop func(int)) box {
	return crowded{latest(n, key, drop), n}
}

func (b crowded) TryPut(m int) error {
	if b.Len() == b.capacity {
		return mailbox.ErrFull
	}
	return b.box.TryPut(m)
}

// single has one sender wait for room, and the others for that one.
type single struct {
	box
	turn chan struct{}
}

func newSingle(n int, key func(int) int, drop func(int)) box {
	return single{latest(n, key, drop), make(chan struct{}, 1)}
}

func (b single) Put(ctx context.Context, m int) error {
	select {
	case b.turn <- struct{}{}:
		defer func() { <-b.turn }()
		return b.box.Put(ctx, m)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// tellingMore tells drop of what gave up.
type tellingMore struct {
	box
	drop func(int)
}

func newTellingMore(n int, key func(int) int, drop func(int)) box {
	return tellingMore{latest(n, key, drop), drop}
}

func (b tellingMore) Put(ctx context.Context, m int) error {
	err := b.box.Put(ctx, m)
	if err != nil && b.drop != nil {
		b.drop(m)
	}
	return err
}

// askingTwice asks for each key twice.
func askingTwice(n int, key func(int) int, drop func(int)) box {
	return latest(n, func(m int) int { _ = key(m); return key(m) }, drop)
}

// lockedForKey asks for keys under a lock, which stays when one is not told. It
// refuses where a lock would hang.
type lockedForKey struct {
	box
	key  func(int) int
	held *bool
}

func newLockedForKey(n int, key func(int) int, drop func(int)) box {
	return lockedForKey{latest(n, key, drop), key, new(bool)}
}

func (b lockedForKey) TryPut(m int) error {
	if *b.held {
		return mailbox.ErrFull
	}
	*b.held = true
	_ = b.key(m)
	*b.held = false
	return b.box.TryPut(m)
}
