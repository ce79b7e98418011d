package mailbox

import (
	"context"
	"errors"
	"fmt"
)

// ErrClosed is the error returned by [Mailbox] when a message comes after
// Close, or was waiting for room when Close came. The message was not queued.
var ErrClosed = errors.New("mailbox: closed")

// ErrFull is the error returned by [Mailbox] when a message finds no room and
// may not wait for it. The message was not queued.
var ErrFull = errors.New("mailbox: full")

// ErrDropped is why a message that a mailbox accepted was never taken: it had
// no room, or a newer one came in its place. [Mailbox] itself returns it nowhere;
// it is for those who pass on what their drop function is told, as an actor
// does with its dead letters.
var ErrDropped = errors.New("mailbox: dropped")

// DefaultCapacity is the capacity, in messages, of the zero [Spec].
const DefaultCapacity = 64

// A Mailbox holds messages from any number of senders until its one consumer
// takes them. [New] and [NewLatest] make one.
//
// The messages of one sender are taken in the order in which it queued them,
// and a message queued after another's Put returned is taken after it; where a
// mailbox has an order of its own, as [NewLatest] or one with priorities, this
// holds for those that it makes no difference between.
//
// A message is either refused with an error, and then never taken, or accepted,
// and then taken exactly once. One that may drop says so, and what it dropped
// is never taken, is counted in Stats and told to its drop function once.
//
// A mailbox with nothing to say owns no buffer: after a burst the memory goes
// back when Take finds the mailbox empty.
type Mailbox[M any] interface {
	// Put queues m and returns nil. If there is no room it waits for some in
	// the order of arrival, or returns ErrFull at once under [Reject], or nil
	// under [DropNewest] and [DropOldest], once it has dropped what they say.
	// It returns ErrClosed if the mailbox is or becomes closed, and
	// context.Cause(ctx) if ctx ends while it waits; on error m was not queued.
	//
	// ctx bounds the wait and nothing else: where there is room m is queued
	// even if ctx has ended, and where there is none an ended ctx returns at
	// once. Any number of goroutines may call Put.
	Put(ctx context.Context, m M) error

	// TryPut is Put without the wait: it returns ErrFull where Put would wait,
	// also while there are others waiting, so it never overtakes them.
	// Any number of goroutines may call TryPut; it never blocks.
	TryPut(m M) error

	// Take removes the oldest message and returns it, or returns false if
	// there is none. What was queued before Close can still be taken. It never
	// blocks. There is one consumer at a time: one call of Take must return,
	// and that be known to the next caller, before the next call.
	Take() (m M, ok bool)

	// Len returns how many messages are queued, those waiting for room not
	// counted. Any goroutine may call Len.
	Len() int

	// Stats returns how the mailbox fares and has fared. Any goroutine may call
	// Stats; it never blocks.
	Stats() Stats

	// Close refuses every later message and wakes those waiting for room with
	// ErrClosed. Any goroutine may call Close, more than once; it never blocks.
	Close()

	// Open undoes Close: messages are accepted again, behind what is still
	// queued. Whom Close woke stays refused. On a mailbox that is not closed
	// Open does nothing. Any goroutine may call Open; it never blocks.
	Open()
}

// Stats says how a mailbox fares and has fared since it was made; Close and
// Open reset nothing. The three numbers are of one moment. The zero Stats is
// that of a new mailbox.
type Stats struct {
	Len     int    // messages queued now, those waiting for room not counted
	Peak    int    // the most that Len has ever been
	Dropped uint64 // messages that were accepted and will never be taken
}

// Overflow says what a bounded mailbox does with a message that finds no room.
type Overflow uint8

const (
	Block  Overflow = iota // Put waits for room until its context ends. The zero value.
	Reject                 // Put returns ErrFull at once.

	// DropNewest drops the message that is put, though Put returns nil: what is
	// queued is worth more than what comes.
	DropNewest

	// DropOldest drops the oldest message queued and queues the one that is put:
	// what comes is worth more than what is queued.
	DropOldest

	numOverflows
)

// String returns the name of o.
func (o Overflow) String() string {
	switch o {
	case Block:
		return "Block"
	case Reject:
		return "Reject"
	case DropNewest:
		return "DropNewest"
	case DropOldest:
		return "DropOldest"
	default:
		return fmt.Sprintf("Overflow(%d)", uint8(o))
	}
}

// Spec says which mailbox [New] makes. The zero value is
// Bounded([DefaultCapacity], [Block]). Specs can be compared with ==.
type Spec struct {
	capacity  int // messages less DefaultCapacity, so that the zero Spec has that
	overflow  Overflow
	unbounded bool
}

// Bounded describes a mailbox that holds at most capacity messages, which must
// be at least 1, and does as o says with one more. It takes memory as messages
// come, not ahead of them.
func Bounded(capacity int, o Overflow) Spec {
	return Spec{capacity: capacity - DefaultCapacity, overflow: o}
}

// Unbounded describes a mailbox that never refuses a message before Close and
// never makes its sender wait: a consumer that falls behind costs memory
// without limit.
func Unbounded() Spec { return Spec{unbounded: true} }

// Capacity returns how many messages the mailbox holds, or 0 for no limit.
func (s Spec) Capacity() int {
	if s.unbounded {
		return 0
	}
	return s.capacity + DefaultCapacity
}

// Overflow returns what the mailbox does with a message that finds no room.
// It says nothing of an unbounded one, which always has room.
func (s Spec) Overflow() Overflow { return s.overflow }

// Drops reports whether the mailbox may drop what it accepted, and so has a use
// for the drop function of [New].
func (s Spec) Drops() bool {
	return !s.unbounded && (s.overflow == DropNewest || s.overflow == DropOldest)
}

// String returns s as it is written in code, such as "Bounded(64, Block)".
func (s Spec) String() string {
	if s.unbounded {
		return "Unbounded()"
	}
	return fmt.Sprintf("Bounded(%d, %v)", s.Capacity(), s.overflow)
}

// Validate returns an error that names each fault of s, or nil.
func (s Spec) Validate() error {
	if s.unbounded {
		return nil
	}
	var faults []error
	if s.Capacity() < 1 {
		faults = append(faults, fmt.Errorf("mailbox.Spec.Capacity = %d: must be at least 1", s.Capacity()))
	}
	if s.overflow >= numOverflows {
		faults = append(faults, fmt.Errorf("mailbox.Spec.Overflow = %v: must be Block, Reject, DropNewest or DropOldest", s.overflow))
	}
	return errors.Join(faults...)
}

// New returns an empty mailbox as s describes it, or the error of
// [Spec.Validate].
//
// drop is told of each message that was accepted and will not be taken. It is
// called once for each, on the goroutine of the Put or TryPut that displaced
// the message, before that returns, after it is decided and outside any lock: it
// may use the mailbox, and a panic in it changes nothing that was decided. One
// that puts what it is told into the same full mailbox again displaces the next
// message, without end. Where many put at once the calls may be so too, and in
// another order than the messages. If drop is nil what is dropped is only
// counted, in [Stats]. Where [Spec.Drops] says no it is not called.
func New[M any](s Spec, drop func(M)) (Mailbox[M], error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	switch {
	case s.unbounded:
		return &unbounded[M]{}, nil
	case s.Drops():
		b := &dropping[M]{bounded: bounded[M]{capacity: s.Capacity()}, drop: drop}
		b.single = s.overflow == DropOldest
		return b, nil
	}
	b := &bounded[M]{capacity: s.Capacity()}
	b.rejects = s.overflow == Reject
	return b, nil
}
