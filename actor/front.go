package actor

// takeFront takes the first of the messages that come before what is queued.
func (b *burst[M]) takeFront() (e Envelope[M], ok bool) {
	x := b.actor.more.Load()
	if len(x.front) == 0 {
		x.front, b.front = nil, false
		return e, false
	}
	e, x.front[0] = x.front[0], Envelope[M]{}
	x.front = x.front[1:]
	x.aside.Add(-1)
	b.fronts++
	return e, true
}

// keepsFront reports whether messages come before what is queued.
func (x *extras[M]) keepsFront() bool { return x != nil && len(x.front) > 0 }
