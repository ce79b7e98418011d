package tree

import "slices"

// A dependent wants to be told when a life ends: a derived context by its
// callback, or a scope that was opened under the life.
type dependent struct {
	list       *dependents // the list it is on, nil when on none
	prev, next *dependent
	callback   func()
	nested     *core
}

// dependents is an intrusive list, newest first. That of contexts derived from a
// life is guarded by its mu, those of scopes by that of their scope's life.
type dependents struct{ first *dependent }

func (l *dependents) add(d *dependent) {
	d.list, d.next = l, l.first
	if l.first != nil {
		l.first.prev = d
	}
	l.first = d
}

// remove reports whether d was on the list.
func (l *dependents) remove(d *dependent) bool {
	if d.list != l {
		return false
	}
	if d.prev != nil {
		d.prev.next = d.next
	} else {
		l.first = d.next
	}
	if d.next != nil {
		d.next.prev = d.prev
	}
	d.list, d.prev, d.next = nil, nil, nil
	return true
}

// takeAll empties the list and returns the chain, still linked by next: nobody
// changes it any more, since remove leaves alone what is on no list.
func (l *dependents) takeAll() *dependent {
	first := l.first
	l.first = nil
	for d := first; d != nil; d = d.next {
		d.list = nil
	}
	return first
}

// cores returns the scopes on the list, oldest first.
func (l *dependents) cores() []*core {
	var list []*core
	for d := l.first; d != nil; d = d.next {
		list = append(list, d.nested)
	}
	slices.Reverse(list)
	return list
}
