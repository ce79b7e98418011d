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

// dependents is an intrusive list, newest first. The life's mu guards it.
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

// AfterFunc arranges for f to be called on a goroutine of its own once the
// life is canceled. The returned function takes f back and reports whether it
// was in time. Package context looks for this method: with it, derived
// contexts are told by a call and not by a goroutine that waits.
func (l *life) AfterFunc(f func()) (stop func() bool) {
	d := &dependent{callback: f}
	l.mu.Lock()
	over := l.canceled.Load()
	if !over {
		l.derived.add(d)
	}
	l.mu.Unlock()
	if over {
		aside(f)
		return func() bool { return false }
	}
	return func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.derived.remove(d)
	}
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
