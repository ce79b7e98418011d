package tree

import (
	"errors"
	"fmt"
	"strings"

	"github.com/understudy-go/understudy/policy"
)

var (
	// ErrClosed is returned when something is asked of a scope that has ended,
	// or that was canceled and takes no more work. What was asked did not start.
	ErrClosed = errors.New("tree: scope closed")

	// ErrDraining is returned to an outsider who spawns into a scope that is
	// shutting down. The scope's own descendants may still spawn then.
	ErrDraining = errors.New("tree: scope draining")

	// ErrDuplicate is returned when a sibling already has the name, or the key.
	ErrDuplicate = errors.New("tree: name already taken")

	// ErrNotFound is returned when there is no child of that name, path or key.
	ErrNotFound = errors.New("tree: no such child")

	// ErrRestarting is returned when a restart is asked for a child that is being
	// started already, or waits to be, or is being replaced.
	ErrRestarting = errors.New("tree: child is restarting")

	// ErrNoSupervisor is returned by [Child.Scope] for a child that has no scope
	// of its own.
	ErrNoSupervisor = errors.New("tree: child is no supervisor that runs")

	// ErrNoActor is returned by [Child.Suspend] and [Child.Resume] for a child that is
	// no actor.
	ErrNoActor = errors.New("tree: child is no actor")

	// ErrNoScope is returned by [From], and by [Self], [Ready], [ReadyWith] and
	// [Healthy], for a context that belongs to no scope, or no child. There is no
	// silent root to fall back to.
	ErrNoScope = errors.New("tree: context belongs to no scope")

	// ErrSelfWait is returned to one who would wait for its own end: the body or a
	// child for its scope, a child for itself, for the one that is to replace it, or
	// for a start that comes after its group has stopped.
	ErrSelfWait = errors.New("tree: waits for itself")

	// ErrReady is returned by the second [Ready] of an incarnation.
	ErrReady = errors.New("tree: child was ready already")

	// ErrNotReady is given to the starter when the child returned before it was
	// ready and without an error of its own, or was stopped before it was started.
	ErrNotReady = errors.New("tree: child was not ready")

	// ErrBoot means that a supervisor, or a tree, did not come up: one of its fixed
	// children did not start. That child's error is wrapped beside it. A child that was
	// up and crashes leads to [ErrGaveUp] at worst.
	ErrBoot = errors.New("tree: supervisor did not boot")

	// ErrGaveUp means that a supervisor would have restarted children more often than
	// its Intensity allows, or one more often than that child's own does. The last
	// child's error is wrapped beside it.
	ErrGaveUp = errors.New("tree: restart intensity exceeded")

	// ErrEscalated means that a child took its supervisor with it: it returned
	// [policy.Fatal], a [policy.Decider] said so of its error, or it was stuck under
	// [policy.StuckEscalate]. The child's error is wrapped beside it.
	ErrEscalated = errors.New("tree: child escalated")

	// ErrAbandoned means that something outlived its grace and kill wait and
	// still runs. The error that wraps it names what.
	ErrAbandoned = errors.New("tree: abandoned")

	// ErrFull is returned when a scope has as many tasks and children as its Limit
	// allows, to those who do not wait: [Scope.TryGo], [Set.Put], [Factory.Start], a
	// [StartChild] message, a restart of a child whose place has gone to another; and
	// to whoever stands on a place of that scope and might wait for itself.
	ErrFull = errors.New("tree: scope full")

	// ErrTimeout is wrapped by the error of a scope that its own deadline cut short,
	// and by the cause its children see; and by the error of an item of a [Stream]
	// whose time was over. The text around it says whose deadline it was.
	ErrTimeout = errors.New("tree: timed out")
)

// ChildError is the error of one child or task, with where it stood.
type ChildError struct {
	Path string      // of the child; of its scope when it was a plain task
	Site string      // file:line of a plain task's function; else empty
	Exit policy.Exit // Failed or Panicked; of a failed start Canceled too
	Err  error       // what it returned, a *policy.PanicError, or policy.ErrGoexit
}

// Name returns the last element of the child's path, and "" for a plain task.
func (e *ChildError) Name() string {
	if e.Site != "" {
		return ""
	}
	return e.Path[strings.LastIndexByte(e.Path, '/')+1:]
}

// Error returns the path, the task's site if any, and the error.
func (e *ChildError) Error() string {
	if e.Site != "" {
		return fmt.Sprintf("%s (%s): %v", e.Path, e.Site, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.Path, e.Err)
}

// Unwrap returns the child's own error.
func (e *ChildError) Unwrap() error { return e.Err }

// Settled implements [policy.Settled].
func (*ChildError) Settled() {}

// Errors is what a cancel-together scope returns: the failures behind its end, that
// of the body first and then those of children, the first one first. It keeps as
// many as [policy.Scope].KeepErrors says and counts the others; one that is an
// Errors itself, of a nested scope, counts for as many as it keeps. [errors.Is] and
// [errors.As] look into each.
type Errors struct {
	errs    []error
	leaves  int // failures that are no Errors, here and below
	dropped int
}

// Unwrap returns the failures kept: *[ChildError] values, and the body's own
// error as it is.
func (e *Errors) Unwrap() []error { return e.errs }

// Dropped returns how many failures came after the last one kept.
func (e *Errors) Dropped() int { return e.dropped }

// Error returns one line for a single failure and a list for more.
func (e *Errors) Error() string {
	if len(e.errs) == 1 && e.dropped == 0 {
		return e.errs[0].Error()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "tree: %d failures", len(e.errs)+e.dropped)
	for _, err := range e.errs { // one that is a list itself goes in deeper
		fmt.Fprintf(&b, "\n\t%s", strings.ReplaceAll(err.Error(), "\n", "\n\t"))
	}
	if e.dropped > 0 {
		fmt.Fprintf(&b, "\n\tand %d more", e.dropped)
	}
	return b.String()
}

// add keeps err, which stands for so many leaves, when there is room below limit,
// else counts them.
func (e *Errors) add(err error, leaves, limit int) {
	if e.leaves < limit {
		e.errs = append(e.errs, err)
		e.leaves += leaves
	} else {
		e.dropped += leaves
	}
}

// leavesOf returns how many failures err stands for.
func leavesOf(err error) int {
	if all, ok := errors.AsType[*Errors](err); ok {
		return max(all.leaves, 1)
	}
	return 1
}

// ExitError is what remains of the error of a child that has ended and whose
// place remains: words, so that nothing the error held on to is kept alive.
type ExitError struct {
	Path string      // of the child
	Exit policy.Exit // Failed or Panicked
	Text string      // of the error, cut to 256 bytes
}

// Error returns the path and the text.
func (e *ExitError) Error() string { return e.Path + ": " + e.Text }

// first returns the failure that came first.
func (e *Errors) first() error {
	if len(e.errs) == 0 {
		return errCanceled
	}
	return e.errs[0]
}
