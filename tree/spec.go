package tree

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/understudy-go/understudy/policy"
)

// ChildSpec describes a child: what it runs and what is to be done when it
// ends. A zero field means the default its comment names. Exactly one of Run
// and Policy is set: a worker, or a supervisor of Children.
type ChildSpec struct {
	Name string // unique among siblings, not empty, no "/"

	// Run is the child's work. It should return soon after its ctx ends, and may
	// ask ctx for its scope ([From]) and for the soft signal ([Draining]).
	Run func(ctx context.Context) error

	// Restart says after which exits it is run again: Permanent (zero), Transient
	// or Temporary. Only a scope under Supervise restarts. In any other Restart must
	// be left zero, and the child runs once.
	Restart policy.Restart

	// OnFailure says what this child's failure means, where that is not what its
	// scope says; nil means the scope's. With new(policy.Report) it is reported
	// and touches nobody; with new(policy.CancelTogether) it cancels everybody and
	// is among the errors that the scope returns. A child with either is Temporary
	// also under Supervise. new(policy.Supervise) needs a scope that supervises.
	OnFailure *policy.OnFailure

	// Background children are there for the others. They are left alone while
	// anything else lives in the scope, also while it drains, and are canceled as
	// soon as only background children are left in a scope that may then end. A
	// hard cancel, as that when a grace is over, ends them with all others; but not
	// while anything is shielded, which may use them, before the last call. They take
	// no place of a Limit.
	Background bool

	// Decide says what an error of the child means for its restart, where the error
	// itself does not: it is neither [policy.Done] nor [policy.Fatal]. Where Decide has
	// no opinion the scopes around are asked; see [WithDecider]. That of a supervisor is
	// asked for its own errors, and after theirs for those of its children.
	Decide policy.Decider

	// Backoff is the wait before a restart; zero is that of the scope's policy, and
	// [policy.NoBackoff] none.
	Backoff policy.Backoff

	// NewBackoff makes what says how long to wait before each restart in place of
	// Backoff: anything with NextBackOff() time.Duration, one for each child. It is made
	// and asked on the child's goroutine, guarded like Run. Of Backoff only Reset, which
	// says after how long a run the count begins again, may then be set; zero:
	// [policy.DefaultMaxBackoff].
	NewBackoff func() policy.BackoffSource

	// Intensity is a budget of the child's own beside the scope's: how many restarts
	// are normal for this child. Zero is none; [policy.NoRestarts] says that the first
	// is too many.
	Intensity policy.Intensity

	// Exhausted says what follows when Intensity, the child's own, is exceeded; zero:
	// its supervisor gives up, whatever is left of the scope's.
	Exhausted policy.Exhausted

	// Stop bounds this child's stop; zero fields mean the scope's. The shorter of
	// both bounds holds.
	Stop policy.Stop

	// WaitReady makes [Scope.Start] wait until the child calls [Ready], and gives
	// the starter the error of a child that fails before. A supervisor is always
	// waited for: it is ready when all its Children are.
	WaitReady bool

	// Significant children end their scope by ending themselves, as policy.Scope's
	// Auto says. Not for Permanent ones.
	Significant bool

	// IsCancel adds to the errors that count as a cancel when the child returns
	// them after its context was canceled. It is asked for each leaf of the error.
	IsCancel func(err error) bool

	// Policy makes the child a supervisor: a scope of its own, at the child's path.
	// It is copied: new(policy.SupervisorScope) takes a preset as it is.
	Policy *policy.Scope

	// Children are the supervisor's fixed children: started in order, each when the
	// one before is ready, and stopped in reverse. If one does not start, those
	// before it are stopped and the supervisor's start fails with its error.
	Children []ChildSpec
}

// clone returns a copy that shares nothing that its caller may change.
func (s ChildSpec) clone() ChildSpec {
	if s.Policy != nil {
		s.Policy = new(*s.Policy)
	}
	if s.OnFailure != nil {
		s.OnFailure = new(*s.OnFailure)
	}
	children := make([]ChildSpec, len(s.Children))
	for i, ch := range s.Children {
		children[i] = ch.clone()
	}
	s.Children = children
	return s
}

// Check reports what is wrong with specs as siblings, at any depth, without
// starting anything: every fault, joined, each a *[policy.FieldError] or an
// error wrapping [ErrDuplicate]. It returns nil when nothing is wrong. Whether
// Restart, OnFailure and Significant fit the scope that will own specs is left to
// Start.
func Check(specs ...ChildSpec) error {
	return checkAll("tree.ChildSpec", specs, nil)
}

// faults are what is wrong with a spec.
type faults struct {
	at   string // where it stands, as in "tree.ChildSpec.Children[1]"
	list []error
}

func (f *faults) add(field string, value any, reason string) {
	f.list = append(f.list, faultAt(f.at, field, value, reason))
}

// note adds what another check found, if it did.
func (f *faults) note(err error) {
	if err != nil {
		f.list = append(f.list, err)
	}
}

// checkAll checks siblings; owner is the scope they will stand in, if known.
func checkAll(at string, specs []ChildSpec, owner *policy.Scope) error {
	var faults []error
	seen := make(map[string]bool, len(specs))
	for i := range specs {
		where := whichOf(at, i, len(specs))
		faults = append(faults, specs[i].check(where, owner))
		if name := specs[i].Name; name != "" && seen[name] {
			faults = append(faults, fmt.Errorf("%w: %s.Name = %q", ErrDuplicate, where, name))
		}
		seen[specs[i].Name] = true
	}
	return errors.Join(faults...)
}

// whichOf names one of n specs. One that was given alone has no number.
func whichOf(at string, i, n int) string {
	if n == 1 && !strings.HasSuffix(at, ".Children") {
		return at
	}
	return fmt.Sprintf("%s[%d]", at, i)
}

// check joins the faults of one spec.
func (s *ChildSpec) check(at string, owner *policy.Scope) error {
	f := faults{at: at}
	f.note(checkName(at, "Name", s.Name))
	switch {
	case s.Run == nil && s.Policy == nil:
		f.add("Run", nil, "must be a function, or Policy set")
	case s.Run != nil && s.Policy != nil:
		f.add("Policy", *s.Policy, "a child is a worker or a supervisor: Run is set too")
	}
	if len(s.Children) > 0 && s.Policy == nil {
		f.add("Children", len(s.Children), "only a supervisor has children: set Policy")
	}
	if s.Restart > policy.Temporary {
		f.add("Restart", s.Restart, "unknown")
	}
	if s.OnFailure != nil && *s.OnFailure > policy.Supervise {
		f.add("OnFailure", *s.OnFailure, "unknown")
	}
	if s.Significant && s.Restart == policy.Permanent {
		f.add("Significant", true, "a permanent child never ends by itself")
	}
	if owner != nil {
		s.checkOwner(&f, owner)
	}
	s.checkRestarts(&f)
	f.note(within(at, s.Stop.Validate()))
	if s.Policy != nil {
		s.checkSupervisor(&f)
	}
	return errors.Join(f.list...)
}

// checkRestarts checks the waits and the budget of the child.
func (s *ChildSpec) checkRestarts(f *faults) {
	f.note(within(f.at, s.checkBackoff()))
	f.note(within(f.at, s.Intensity.Validate()))
	limited := s.Intensity != (policy.Intensity{})
	switch {
	case s.Exhausted > policy.ExhaustedCoolDown:
		f.add("Exhausted", s.Exhausted, "unknown")
	case s.Exhausted != 0 && !limited:
		f.add("Exhausted", s.Exhausted, "has no meaning without an Intensity of the child's own")
	case s.Exhausted == policy.ExhaustedCoolDown && s.Intensity.Within == policy.Forever:
		f.add("Exhausted", s.Exhausted, "would cool down for ever: Intensity.Within is Forever")
	}
	switch own := s.OnFailure; {
	case limited && s.Restart == policy.Temporary:
		f.add("Intensity", s.Intensity, "a temporary child is never restarted")
	case limited && own != nil && *own != policy.Supervise:
		f.add("Intensity", s.Intensity, "the child is not restarted: its OnFailure is "+own.String())
	}
}

// checkBackoff checks the waits: of Backoff, NewBackoff leaves only Reset a meaning.
func (s *ChildSpec) checkBackoff() error {
	if s.NewBackoff == nil {
		return s.Backoff.Validate()
	}
	switch {
	case s.Backoff != (policy.Backoff{Reset: s.Backoff.Reset}):
		return faultAt("policy", "Backoff", s.Backoff, "only Reset has a meaning when NewBackoff is set")
	case s.Backoff.Reset < 0:
		return faultAt("policy", "Backoff.Reset", s.Backoff.Reset, "must not be negative")
	}
	return nil
}

// checkSupervisor checks a supervisor's scope and its fixed children.
func (s *ChildSpec) checkSupervisor(f *faults) {
	if s.containsItself(nil) {
		f.add("Children", len(s.Children), "must not contain themselves")
		return
	}
	p := s.Policy.WithDefaults()
	f.note(within(f.at+".Policy", s.Policy.Validate()))
	if n := foreground(s.Children); p.Limit > 0 && n > p.Limit {
		f.add("Policy.Limit", p.Limit, fmt.Sprintf("has %d fixed Children", n))
	}
	f.note(checkAll(f.at+".Children", s.Children, &p))
}

// containsItself reports whether Children are among the children of their own children.
// above are the first of those around.
func (s *ChildSpec) containsItself(above []*ChildSpec) bool {
	if len(s.Children) == 0 {
		return false
	}
	first := &s.Children[0]
	if slices.Contains(above, first) {
		return true
	}
	above = append(above, first)
	return slices.ContainsFunc(s.Children, func(child ChildSpec) bool { return child.containsItself(above) })
}

// checkOwner checks what depends on the scope the child will stand in.
func (s *ChildSpec) checkOwner(f *faults, owner *policy.Scope) {
	supervised := owner.OnFailure == policy.Supervise
	switch own := s.OnFailure; {
	case own != nil && *own == policy.Supervise && !supervised:
		f.add("OnFailure", *own, "its scope does not restart: OnFailure is "+owner.OnFailure.String())
	case s.Restart != policy.Permanent && !supervised:
		f.add("Restart", s.Restart, "its scope does not restart: OnFailure is "+owner.OnFailure.String())
	case s.Restart == policy.Transient && own != nil && *own != policy.Supervise:
		f.add("Restart", s.Restart, "the child is not restarted: its OnFailure is "+own.String())
	}
	if s.Intensity != (policy.Intensity{}) && !supervised {
		f.add("Intensity", s.Intensity, "its scope does not restart: OnFailure is "+owner.OnFailure.String())
	}
	if s.Policy != nil && supervised && s.Restart == policy.Permanent && s.OnFailure == nil &&
		s.Policy.End == policy.EndWhenEmpty && foreground(s.Children) == 0 {
		f.add("Policy.End", s.Policy.End, "without Children it ends as it starts, again and again: EndOnShutdown keeps it open")
	}
	if s.Significant && owner.Auto == policy.AutoNever {
		f.add("Significant", true, "its scope never shuts itself down: Auto is "+owner.Auto.String())
	}
}

// within says in which spec a policy value with faults stands.
func within(at string, faults error) error {
	if faults == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", at, faults)
}

// checkName checks a child's or scope's name: one element of a path.
func checkName(at, field, name string) error {
	reason := ""
	switch {
	case name == "":
		reason = "must not be empty"
	case strings.Contains(name, "/"):
		reason = `must not contain "/", which separates names in a path`
	case strings.ContainsFunc(name, unicode.IsControl):
		reason = "must not contain control characters"
	default:
		return nil
	}
	return faultAt(at, field, name, reason)
}
