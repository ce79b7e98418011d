package policy

// maxErrors bounds how many errors of a tree are looked at, because a tree with
// a cycle has no end. What is larger is a failure.
const maxErrors = 1 << 12

// Classify returns how a child came back with err, the exit table of the package
// documentation:
//
//   - nil, and Done(nil), is Returned;
//   - a [*PanicError] is Panicked. One that arrives inside another error is
//     somebody else's panic, which this child survived to report: Failed;
//   - an error that says nothing but that the child was canceled is Canceled,
//     if the child's own context had been canceled before it returned, which is
//     what canceled says. The context.Canceled of any other context is a failure;
//   - everything else is Failed.
//
// cancelLeaf says whether an error says that the child was canceled; it may look
// through wrapping, as errors.Is does. Wrapping such an error, also with [Done]
// or [Fatal], keeps what it says; joining it with another does not: every
// branch must be one. So a clean-up that failed after a cancellation is not
// lost. An error that is a cancel leaf for its own sake, none of what it wraps
// being one, is one whatever it wraps. Without cancelLeaf nothing is Canceled.
func Classify(err error, canceled bool, cancelLeaf func(error) bool) Exit {
	if _, ok := err.(*PanicError); ok {
		return Panicked
	}
	if err == nil || IsDone(err) {
		return Returned
	}
	if canceled && cancelLeaf != nil && countErrors(err, maxErrors) < maxErrors && onlyCancel(err, cancelLeaf) {
		return Canceled
	}
	return Failed
}

// onlyCancel reports whether every leaf of err is a cancel leaf.
//
// It is tempting to ask leaf(err) and be done. But leaf is mostly errors.Is,
// which finds one cancel leaf among any number of real errors.
func onlyCancel(err error, leaf func(error) bool) bool {
	inner, below := unwrap(err), false
	for _, e := range inner {
		below = below || leaf(e)
	}
	if !below && leaf(err) {
		return true // by itself
	}
	for _, e := range inner {
		if !onlyCancel(e, leaf) {
			return false
		}
	}
	return len(inner) > 0
}

// countErrors returns how many errors the tree of err has, counting to limit.
func countErrors(err error, limit int) int {
	n := 1
	for _, e := range unwrap(err) {
		if n >= limit {
			return limit
		}
		n += countErrors(e, limit-n)
	}
	return n
}

// unwrap returns what err wraps directly, without nils.
func unwrap(err error) []error {
	switch x := err.(type) {
	case interface{ Unwrap() error }:
		if e := x.Unwrap(); e != nil {
			return []error{e}
		}
	case interface{ Unwrap() []error }:
		var inner []error
		for _, e := range x.Unwrap() {
			if e != nil {
				inner = append(inner, e)
			}
		}
		return inner
	}
	return nil
}
