package actor

import "errors"

// unhandled is an error that ends no incarnation.
type unhandled struct{ why error }

var errUnhandled = errors.New("actor: unhandled")

// Unhandled returns an error for Receive to give up the message in hand with, and
// nothing else: the message is a dead letter with err, an ask that came with it and is
// not answered fails with a [*NoReplyError], and the incarnation goes on with the state
// it has. It is for a message that cannot be handled where the actor is none the worse.
//
// It has to be all that Receive returns. Joined with another error, or wrapped in one, it
// ends the incarnation as that does, and so does one that New returns. Unhandled(nil) is
// a message that nothing is to be said of; Unhandled of an Unhandled is the same.
// errors.Is and errors.As see err through it.
func Unhandled(err error) error {
	switch err.(type) {
	case nil:
		return &unhandled{errUnhandled}
	case *unhandled:
		return err
	}
	return &unhandled{err}
}

// Error returns the text of the wrapped error, which is what people look for.
func (u *unhandled) Error() string { return u.why.Error() }

// Unwrap returns the wrapped error.
func (u *unhandled) Unwrap() error { return u.why }

// failed answers err, which Receive returned of the message in hand, and returns what
// of it ends the incarnation.
func (b *burst[M]) failed(err error) error {
	u, ok := err.(*unhandled)
	if !ok {
		return err
	}
	e := b.hand
	b.hand, b.holding = Envelope[M]{}, false
	if b.stashes {
		b.actor.more.Load().stash.hand = noHand
	}
	b.actor.host.DeadLetter(e.Message, u.why)
	e.Fail(&NoReplyError{Cause: u.why})
	return nil
}
