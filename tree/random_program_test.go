package tree_test

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/understudy-go/understudy/policy"
)

// A program is a scope and what its body does: data, so that a failure can be
// shrunk and read.
type program struct {
	ID      int
	Preset  string
	Policy  policy.Scope
	Actions []action
	End     outcome // of the body
}

// action is one step of a body.
type action struct {
	Do     string // task, child, pause, cancel, shutdown; cancelChild … for the child that was started last
	Work   *work
	Spec   childSpec
	Pause  time.Duration
	Within time.Duration // how long the body waits for an answer
}

// childSpec is what a program says of a child.
type childSpec struct {
	Restart   policy.Restart
	Backoff   policy.Backoff
	Stop      policy.Stop
	WaitReady bool
	NotReady  bool // it ends before it says that it is ready
}

// work is what a task or child does.
type work struct {
	Heeds   string // ctx, draining, nothing: what ends its wait early
	Takes   time.Duration
	Sibling *work    // spawned into its own scope at the start
	Below   *program // run first
	End     outcome
}

// outcome is how a body or a work ends.
type outcome string

const (
	returns  outcome = "returns"
	fails    outcome = "fails"
	panics   outcome = "panics"
	goexits  outcome = "goexits"
	cancels  outcome = "cancels" // returns its context's error, or nil
	isDone   outcome = "done"
	isFatal  outcome = "fatal"
	maxDepth         = 3
)

var presets = map[string]policy.Scope{"TaskGroup": policy.TaskGroup, "TaskScope": policy.TaskScope,
	"CancellationScope": policy.CancellationScope, "SupervisorScope": policy.SupervisorScope}

// programs makes programs, each scope in them with an ID of its own.
type programs struct {
	t  *rapid.T
	id int
}

func pick[T any](g *programs, what string, from ...T) T {
	return rapid.SampledFrom(from).Draw(g.t, what)
}

func (g *programs) seconds(what string, most int) time.Duration {
	return time.Duration(rapid.IntRange(0, most).Draw(g.t, what)) * time.Second
}

func (g *programs) program(depth int) *program {
	g.id++
	p := &program{ID: g.id, Preset: pick(g, "preset", "TaskGroup", "TaskScope", "CancellationScope", "SupervisorScope")}
	p.Policy = presets[p.Preset]
	p.Policy.Stop.Grace = pick(g, "grace", 0, policy.NoGrace, time.Second, 3*time.Second)
	p.Policy.Stop.Order = pick(g, "order", policy.OrderByKind, policy.OrderReverse, policy.OrderTogether)
	if pick(g, "timeout", false, false, false, true) {
		p.Policy.Timeout = 2500 * time.Millisecond
	}
	if p.Preset == "SupervisorScope" {
		p.Policy.Stop.Kill = pick(g, "kill", time.Second, 30*time.Second)
		p.Policy.Strategy = pick(g, "strategy", policy.OneForOne, policy.OneForAll, policy.RestForOne)
		p.Policy.Intensity = pick(g, "intensity", policy.NoRestarts, policy.Intensity{Restarts: 2, Within: 5 * time.Second})
		p.Policy.Exhausted = pick(g, "exhausted", policy.ExhaustedEscalate, policy.ExhaustedStopChild, policy.ExhaustedCoolDown)
	}
	for range rapid.IntRange(0, 6).Draw(g.t, "actions") {
		p.Actions = append(p.Actions, g.action(p, depth))
	}
	p.End = pick(g, "body's end", returns, returns, returns, fails, cancels)
	if depth > 0 {
		p.End = pick(g, "body's end below", p.End, p.End, panics, goexits)
	}
	return p
}

func (g *programs) action(p *program, depth int) action {
	a := action{Do: pick(g, "do", "task", "task", "child", "child", "child", "pause", "pause",
		"cancel", "shutdown", "cancelChild", "restartChild", "removeChild", "shutdownChild", "waitChild")}
	switch a.Do {
	case "task":
		a.Work = g.work(depth)
	case "child":
		a.Work = g.work(depth)
		a.Spec.WaitReady = rapid.Bool().Draw(g.t, "wait ready")
		a.Spec.NotReady = pick(g, "not ready", false, false, true)
		a.Spec.Stop.Grace = pick(g, "child's grace", 0, 0, policy.NoGrace, time.Second)
		if p.Preset == "SupervisorScope" {
			a.Spec.Restart = pick(g, "restart", policy.Permanent, policy.Transient, policy.Temporary)
			a.Spec.Backoff = pick(g, "backoff", policy.Backoff{}, policy.Backoff{Min: time.Second, Jitter: policy.JitterNone})
			a.Spec.Stop.Kill = pick(g, "child's kill", 0, 0, time.Second)
			a.Spec.Stop.Stuck = pick(g, "stuck", policy.StuckAbandon, policy.StuckReplace)
		}
	}
	a.Pause = g.seconds("pause", 6)
	a.Within = g.seconds("within", 3)
	return a
}

func (g *programs) work(depth int) *work {
	w := &work{
		Heeds: pick(g, "heeds", "ctx", "ctx", "draining", "nothing"),
		Takes: g.seconds("takes", 8),
		End:   pick(g, "end", returns, returns, fails, panics, goexits, cancels, cancels, isDone, isFatal),
	}
	if depth < maxDepth {
		switch pick(g, "more", "", "", "", "sibling", "below") {
		case "sibling":
			w.Sibling = g.work(depth + 1)
		case "below":
			w.Below = g.program(depth + 1)
		}
	}
	return w
}

// name is what the scope of the program is called.
func (p *program) name() string { return fmt.Sprintf("s%d", p.ID) }
