package actor

// Envelope is a message on its way: what mailboxes of actors hold. An envelope
// made of its Message alone is a send; those of asks come from [Ask].
type Envelope[M any] struct {
	Message M    // what is sent
	ask     *ask // nil for a send
}

// Waits reports whether somebody still waits for an answer to the message.
func (e Envelope[M]) Waits() bool { return e.ask != nil && e.ask.open() }

// IsAsk reports whether the message came with an ask, whether or not its asker still
// waits.
func (e Envelope[M]) IsAsk() bool { return e.ask != nil }

// Take reports whether the message is to be handled; its handler asks just
// before, once. It is not when the asker has given up by then: the message went
// back to it with an error that says so. After Take has reported true the asker
// can no longer take the message back.
func (e Envelope[M]) Take() bool { return e.ask == nil || e.ask.take() }

// Fail makes the [Ask] that waits for an answer to the message return err:
// ErrStopped if the message will not be handled, a [*NoReplyError] if it may
// have been. It reports whether there was one still waiting; sends, and asks
// that were answered or given up, are left alone. Any goroutine may call it.
func (e Envelope[M]) Fail(err error) bool { return e.ask != nil && e.ask.fail(err) }
