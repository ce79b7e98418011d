package actor

// hook is somebody who is told of an end, and a node of a list of such.
type hook struct {
	told       func(why error)
	in         bool
	next, prev *hook
}

// hooks are those who are told of one end, in the order in which they came. A list, of
// which what goes leaves nothing, and not a map, which does not shrink.
type hooks struct{ first, last *hook }

func (l *hooks) add(h *hook) {
	h.in, h.prev = true, l.last
	if l.last != nil {
		l.last.next = h
	} else {
		l.first = h
	}
	l.last = h
}

// remove takes h out and reports whether it was in.
func (l *hooks) remove(h *hook) bool {
	if !h.in {
		return false
	}
	if h.prev != nil {
		h.prev.next = h.next
	} else {
		l.first = h.next
	}
	if h.next != nil {
		h.next.prev = h.prev
	} else {
		l.last = h.prev
	}
	h.in, h.next, h.prev = false, nil, nil
	return true
}

// take takes all out and returns the first. What follows it is its caller's.
func (l *hooks) take() *hook {
	first := l.first
	for h := first; h != nil; h = h.next {
		h.in = false
	}
	l.first, l.last = nil, nil
	return first
}

// tell tells h and those behind it why.
func (h *hook) tell(why error) {
	for h != nil {
		next := h.next
		h.next, h.prev = nil, nil
		h.told(why)
		h = next
	}
}
