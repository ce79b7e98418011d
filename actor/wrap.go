package actor

// A Wrapper puts a [Receiver] into another: what is to happen around every message of an
// incarnation. It is called for each, once New has returned; what is to outlive one
// incarnation belongs outside of it. Package around has some that are ready.
//
// A panic of next goes through it, and so does a Goexit. Where it fails itself, that is a
// failure of the actor: of its start, or of Receive.
type Wrapper[M any] = func(next Receiver[M]) Receiver[M]

// wrap puts r into what Spec.Wrap says, the first outermost.
func (x *extras[M]) wrap(r Receiver[M]) (Receiver[M], error) {
	for i := len(x.wrappers) - 1; i >= 0; i-- {
		if r = x.wrappers[i](r); r == nil {
			return nil, errNilWrapped
		}
	}
	return r, nil
}
