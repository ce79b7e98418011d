package tree

import "time"

// extras are what a child has for a time: while it is started or stopped, or since
// something happened to it. Most children of a large scope only run and have none.
type extras struct {
	starter  *starter    // who waits for it to be up; nil for nobody
	bound    *time.Timer // what the stop of its incarnation may take; see stage
	next     *ChildSpec  // what it will be with its next incarnation; nil for no change
	info     any         // given to ReadyWith
	lastText string      // of the latest failure, clipped
}

// few returns the child's extras.
func (ch *Child) few() extras {
	if ch.extras == nil {
		return extras{}
	}
	return *ch.extras
}

// keep changes the child's extras, which are there only while there is something in
// them.
func (ch *Child) keep(x extras) {
	switch {
	case x == extras{}:
		ch.extras = nil
	case ch.extras == nil, ch.extras.starter != nil && x.starter == nil: // or it would keep the starter
		ch.extras = new(x)
	default:
		*ch.extras = x
	}
}
