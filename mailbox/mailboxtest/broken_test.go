package mailboxtest

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/understudy-go/understudy/mailbox"
)

// Each type here is a sound mailbox with one thing wrong.

type box = mailbox.Mailbox[int]

func sound(s mailbox.Spec) box {
	b, err := mailbox.New[int](s, nil)
	if err != nil {
		panic(err)
	}
	return b
}

func block(capacity int) box { return sound(mailbox.Bounded(capacity, mailbox.Block)) }

// lossy forgets every thirtieth message.
type lossy struct {
	box
	n atomic.Int64
}

func (b *lossy) Put(ctx context.Context, m int) error {
	if b.n.Add(1)%30 == 0 {
		return nil
	}
	return b.box.Put(ctx, m)
}

// doubling queues every thirtieth message twice.
type doubling struct {
	box
	n atomic.Int64
}

func (b *doubling) Put(ctx context.Context, m int) error {
	if b.n.Add(1)%30 == 0 {
		if err := b.box.Put(ctx, m); err != nil {
			return err
		}
	}
	return b.box.Put(ctx, m)
}

// reordering holds every thirtieth message back and gives it one later.
type reordering struct {
	box
	n    int
	held *int
}

func (b *reordering) Take() (int, bool) {
	if m := b.held; m != nil {
		b.held = nil
		return *m, true
	}
	m, ok := b.box.Take()
	if b.n++; ok && b.n%30 == 0 {
		if later, ok := b.box.Take(); ok {
			b.held = &m
			return later, true
		}
	}
	return m, ok
}

// deaf ignores the context of a sender.
type deaf struct{ box }

func (b deaf) Put(ctx context.Context, m int) error {
	return b.box.Put(context.WithoutCancel(ctx), m)
}

// causeless returns ctx.Err where the cause is promised.
type causeless struct{ box }

func (b causeless) Put(ctx context.Context, m int) error {
	if err := b.box.Put(ctx, m); err == nil || err == mailbox.ErrClosed {
		return err
	}
	return ctx.Err()
}

// strict refuses a sender whose context has ended though there is room.
type strict struct{ box }

func (b strict) Put(ctx context.Context, m int) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return b.box.Put(ctx, m)
}

// open stays so after Close for those who try.
type open struct {
	box
	more box
}

func (b open) TryPut(m int) error {
	if b.box.TryPut(m) == mailbox.ErrClosed {
		return b.more.TryPut(m)
	}
	return nil
}

// forgetful gives nothing back after Close.
type forgetful struct {
	box
	closed atomic.Bool
}

func (b *forgetful) Close() {
	b.closed.Store(true)
	b.box.Close()
}

func (b *forgetful) Take() (int, bool) {
	if b.closed.Load() {
		return 0, false
	}
	return b.box.Take()
}

// miscounting is one off as soon as there is a second message.
type miscounting struct{ box }

func (b miscounting) Len() int {
	if n := b.box.Len(); n < 2 {
		return n
	}
	return 1
}

// hoarding keeps every message it ever had.
type hoarding struct {
	box
	mu   sync.Mutex
	kept []int
}

func (b *hoarding) TryPut(m int) error {
	b.mu.Lock()
	b.kept = append(b.kept, m)
	b.mu.Unlock()
	return b.box.TryPut(m)
}

// swallowing is a usual mistake: one wake-up for all who wait, and a sender
// that gives up takes it along.
type swallowing struct {
	box    // rejects
	woken  chan struct{}
	closed chan struct{}
	once   sync.Once
}

func newSwallowing(capacity int) box {
	return &swallowing{
		box:    sound(mailbox.Bounded(capacity, mailbox.Reject)),
		woken:  make(chan struct{}, 1),
		closed: make(chan struct{}),
	}
}

func (b *swallowing) Put(ctx context.Context, m int) error {
	for {
		if err := b.box.Put(ctx, m); err != mailbox.ErrFull {
			return err
		}
		select {
		case <-b.woken:
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
		case <-b.closed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (b *swallowing) Take() (int, bool) {
	m, ok := b.box.Take()
	if ok {
		select {
		case b.woken <- struct{}{}:
		default:
		}
	}
	return m, ok
}

func (b *swallowing) Close() {
	b.box.Close()
	b.once.Do(func() { close(b.closed) })
}

// hesitant says that it is full only after a second.
type hesitant struct{ box }

func (b hesitant) Put(ctx context.Context, m int) error {
	err := b.box.Put(ctx, m)
	if err == mailbox.ErrFull {
		<-time.After(time.Second)
	}
	return err
}
