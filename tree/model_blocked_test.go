package tree_test

import "slices"

// relaunch begins the next incarnation, unless something runs on that the last one left
// behind: then the child counts as abandoned until that has ended.
func (ch *simChild) relaunch() {
	if !ch.leftSomething() {
		ch.launch()
		return
	}
	ch.m.note("%s #%d is abandoned", ch.role.Name, ch.number)
	ch.blocked = true
	ch.scope.blocked = append(ch.scope.blocked, ch)
	ch.leave(&simErr{word: "abandoned"})
	ch.scope.mayEnd()
}

// leftSomething reports whether what was abandoned in a scope of the child runs on.
func (ch *simChild) leftSomething() bool {
	return slices.ContainsFunc(ch.scope.late, func(r *simRun) bool { return !r.over && ch.around(r.scope.under) })
}

// unblock starts the children, here and in the scopes around, that waited for what has
// ended just now.
func (s *simScope) unblock() {
	for ; s != nil; s = s.around() {
		for _, ch := range slices.Clone(s.blocked) {
			if ch.leftSomething() {
				continue
			}
			ch.blocked = false
			s.blocked = slices.DeleteFunc(s.blocked, func(o *simChild) bool { return o == ch })
			if ch.asked || s.phase != simOpen {
				ch.rest()
				continue
			}
			after := slices.IndexFunc(s.kids, func(o *simChild) bool { return o.order > ch.order })
			if after < 0 {
				after = len(s.kids)
			}
			s.kids = slices.Insert(s.kids, after, ch)
			ch.launch()
		}
	}
}
