package tree

import (
	"fmt"
	"strings"
	"time"

	"github.com/understudy-go/understudy/policy"
)

// listed bounds how many ended children a report names; all are counted.
const listed = 64

// ShutdownReport says how a scope ended. Counts include plain tasks and every
// incarnation that ended since the end began; scopes nested in this one have
// reports of their own.
type ShutdownReport struct {
	Path       string        // of the scope
	Reason     error         // why it ended; nil when it ran empty
	Began      time.Time     // when the end began
	Took       time.Duration // until the scope closed, or until now
	Phase      Phase         // Closed when the report is final
	Drained    int           // came back within the grace
	Canceled   int           // came back after the cancel
	Failed     int           // of both, those that failed or panicked
	NotStarted int           // called off: starts that waited for a place, and children in line to be started

	// Children are the named children that ended, in the order in which they did:
	// the first 64.
	Children []ChildEnd

	// Running is, in a report before the end, who has yet to come back: of the
	// children the first 64. Their stacks are not looked for.
	Running []Straggler

	// Abandoned still runs: it outlived its grace and its kill wait.
	Abandoned []Straggler

	failed    int // failures when the end began
	before    int // exits when the end began
	canceling int // exits when the hard phase began
}

// ChildEnd is how one child ended in a shutdown.
type ChildEnd struct {
	Path  string        // of the child
	Exit  policy.Exit   // of its last incarnation
	Phase Phase         // of its scope just then: it was drained, or canceled
	Cause error         // why its context had been canceled, with whose grace was over; nil if it was not
	Age   time.Duration // of its last incarnation
	Text  string        // of its error, cut to 256 bytes; empty without one
}

// exited notes a child that ended while its scope does.
func (r *ShutdownReport) exited(x *exited) {
	inc := x.inc
	if len(r.Children) == listed {
		return
	}
	r.Children = append(r.Children, ChildEnd{Path: inc.child.Path(), Exit: x.exit, Phase: inc.scope.phase, Cause: inc.cancelCause(),
		Age: inc.age(), Text: x.text})
}

// finish closes the books.
func (r *ShutdownReport) finish(c *core) {
	r.Phase, r.Took = c.phase, time.Since(r.Began)
	r.Drained = c.tally() - r.before
	r.Failed = c.failures() - r.failed
	r.NotStarted = int(c.calledOff.Load())
	if c.cut != nil {
		r.Drained = r.canceling - r.before
		r.Canceled = c.tally() - r.canceling
	}
}

// reportSoFar returns a copy of the report as it stands.
func (c *core) reportSoFar() *ShutdownReport {
	var r ShutdownReport
	c.inTurn(func() {
		if c.ending == nil { // it has not begun to end, or ran empty
			r.Path, r.Phase = c.path(), c.phase
			return
		}
		r = c.ending.report
		if c.phase != PhaseClosed {
			r.finish(c)
			for _, s := range c.running(listed) {
				r.Running = append(r.Running, s.told())
			}
		}
		r.Children = append([]ChildEnd(nil), r.Children...)
		r.Abandoned = append([]Straggler(nil), r.Abandoned...)
	})
	return &r
}

// write adds the child to the page. That it was canceled says less than why.
func (e *ChildEnd) write(b *strings.Builder) {
	fmt.Fprintf(b, "\n  %-9s %s, age %v", e.Exit, e.Path, rounded(e.Age))
	if e.Text != "" && (e.Exit != policy.Canceled || e.Cause == nil) {
		fmt.Fprintf(b, ": %s", line(e.Text))
	}
	if e.Cause != nil {
		fmt.Fprintf(b, "; %s", line(e.Cause.Error()))
	}
}

// Clean reports whether the scope has closed and nothing was abandoned.
func (r *ShutdownReport) Clean() bool { return r.Phase == PhaseClosed && len(r.Abandoned) == 0 }

// String returns the report as a page: a line of totals, a line for each child
// that ended, and what is known of each straggler.
func (r *ShutdownReport) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s after %v: %d drained, %d canceled, %d abandoned", r.Path, r.Phase, rounded(r.Took), r.Drained, r.Canceled, len(r.Abandoned))
	if r.Failed > 0 {
		fmt.Fprintf(&b, "; %d failed", r.Failed)
	}
	if r.NotStarted > 0 {
		fmt.Fprintf(&b, "; %d not started", r.NotStarted)
	}
	if r.Reason != nil {
		fmt.Fprintf(&b, "\n  reason: %s", line(r.Reason.Error()))
	}
	for _, e := range r.Children {
		e.write(&b)
	}
	for i := range r.Running {
		r.Running[i].write(&b, "running  ")
	}
	for i := range r.Abandoned {
		r.Abandoned[i].write(&b, "abandoned")
	}
	b.WriteByte('\n')
	return b.String()
}
