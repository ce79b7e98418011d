package actor

import "github.com/understudy-go/understudy/internal/self"

// Question is an ask for which nobody waits on a goroutine: what has become of it is
// told to a function. It is for those who bring asks from elsewhere. The zero
// Question is none.
type Question struct{ ask *ask }

// NewQuestion returns a question and the [Reply] that belongs into its message, to be
// put together with [Envelop] and sent with [Ref.Put].
//
// then is told the answer, or else why there is none, once at most and for the first of
// them: the errors are those that [Ask] returns after its message was queued. It is not
// told of an error of Put, nor of an answer that never comes.
func NewQuestion[T any](then self.Answered[T]) (Reply[T], Question) {
	a := &asked[T]{}
	a.then = func(err error) { then.Told(a.value, err) }
	return Reply[T]{a}, Question{&a.ask}
}

// Envelop returns m on its way as the message of q; as a send if q is zero.
func Envelop[M any](m M, q Question) Envelope[M] { return Envelope[M]{Message: m, ask: q.ask} }
