package actor

import (
	"errors"

	"github.com/understudy-go/understudy/mailbox"
)

// ErrStopped means that the target ended before it handled the message, or
// that a zero Ref was sent to. The message was not and will not be handled.
var ErrStopped = errors.New("actor: stopped")

// ErrFull means that the mailbox had no room for the message and that waiting
// for some was not allowed: under TrySend and under mailbox.Reject, and to an
// actor that sends to itself, which alone could make room. The message was
// not queued. It is [mailbox.ErrFull].
var ErrFull = mailbox.ErrFull

// ErrSelfAsk means that an actor asked itself, for an answer that could come
// only after it had stopped waiting for it. The message was not queued.
var ErrSelfAsk = errors.New("actor: asks itself")

// ErrNotSelf means that what is for an actor's own code was called with a context that
// no code of that actor was given.
var ErrNotSelf = errors.New("actor: not called by the actor itself")

// ErrNoReply means that the actor took the message and no answer will come:
// whether the message did its work is unknown. It is found, by errors.Is, in a
// [*NoReplyError], which says why.
var ErrNoReply = errors.New("actor: no reply")

// ErrRunning is returned by the function of [Func] when an earlier call of it
// has not returned.
var ErrRunning = errors.New("actor: runs already")

// Errors of user code that returned nothing, or not what is needed.
var (
	errNilReceiver = errors.New("actor: Spec.New returned a nil Receiver and a nil error")
	errNilMailbox  = errors.New("actor: Spec.NewMailbox returned a nil mailbox and a nil error")
	errNilWrapped  = errors.New("actor: a function of Spec.Wrap returned nil")
	errNotIdler    = errors.New("actor: Spec.IdleAfter is set, and what Spec.New returned is no Idler")
	errNilHost     = errors.New("actor: New without a Host")
	errAbandoned   = errors.New("actor: abandoned, its handler does not return")
)

// NoReplyError is the error of an [Ask] whose message was taken and not
// answered.
//
// It has no Unwrap. errors.Is sees through it to the cause, but errors.As does
// not: the cause is the end of somebody else, and when an asker returns this
// error, that other's panic or policy.Fatal must not be taken for its own.
type NoReplyError struct {
	// Cause is the error that ended the target's incarnation, nil when it was
	// stopped; or why the asker stopped waiting.
	Cause error
}

// Error returns "actor: no reply" and the cause.
func (e *NoReplyError) Error() string {
	if e.Cause == nil {
		return ErrNoReply.Error() + ": stopped"
	}
	return ErrNoReply.Error() + ": " + e.Cause.Error()
}

// Is reports whether target is ErrNoReply or is found in the cause.
func (e *NoReplyError) Is(target error) bool {
	return target == ErrNoReply || errors.Is(e.Cause, target)
}
