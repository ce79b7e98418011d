package tree_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// otpPlayer plays a program on Understudy, through what any user has.
type otpPlayer struct {
	ctx   context.Context
	stage *otpStage
	outer *tree.Scope
	root  *tree.Child
	said  []string
}

// playOTP returns the trace of a program.
func playOTP(t *testing.T, p *otpProgram) string {
	t.Helper()
	var said []string
	synctest.Test(t, func(t *testing.T) {
		pl := &otpPlayer{ctx: t.Context(), stage: newOTPStage(p)}
		outer, err := tree.Open(t.Context(), endless(policy.SupervisorScope), tree.WithName("otp"), tree.WithObserver(pl.stage))
		if err != nil {
			t.Fatal(err)
		}
		pl.outer = outer
		for _, s := range p.steps {
			pl.step(p, s)
			if pl.over() {
				break
			}
		}
		pl.end()
		if err := outer.Close(); err != nil {
			pl.say("closed: " + err.Error())
		}
		said = pl.said
	})
	return strings.Join(said, " ")
}

// endless gives a scope's children all the time they want, and its restarts a
// window that never moves on.
func endless(s policy.Scope) policy.Scope {
	s.Stop = policy.Stop{Grace: policy.Forever, Kill: policy.Forever, Order: policy.OrderReverse}
	return s
}

func (pl *otpPlayer) say(words ...string) { pl.said = append(pl.said, words...) }

// over reports whether the root has ended.
func (pl *otpPlayer) over() bool {
	return len(pl.said) > 0 && strings.HasPrefix(pl.said[len(pl.said)-1], "R=")
}

// spec describes a child.
func (pl *otpPlayer) spec(n *otpNode) tree.ChildSpec {
	s := tree.ChildSpec{Name: n.name, Restart: n.restart, Significant: n.significant}
	if n.sup == nil {
		s.Run, s.WaitReady = pl.stage.worker(n.name), true
		return s
	}
	p := endless(policy.SupervisorScope)
	p.Strategy, p.Auto = n.sup.strategy, n.sup.auto
	p.Intensity = policy.Intensity{Restarts: n.sup.restarts, Within: policy.Forever}
	s.Policy = &p
	for _, kid := range n.sup.kids {
		s.Children = append(s.Children, pl.spec(kid))
	}
	return s
}

// step plays one step.
func (pl *otpPlayer) step(p *otpProgram, s otpStep) {
	st := pl.stage
	switch s.do {
	case "fail":
		st.plan(s.name, "!", s.count)
	case "ignore":
		st.plan(s.name, "~", s.count)
	case "dying":
		st.dying[s.name] = s.kind
	case "onstart", "onstop":
		st.hooks[s.do+" "+s.name] = s.targets
	case "boot":
		root := *p.root
		root.restart = policy.Temporary
		var err error
		pl.root, err = pl.outer.Start(pl.ctx, pl.spec(&root))
		if failed := new(tree.ChildError); errors.As(err, &failed) {
			pl.say(append(append([]string{";"}, st.words()...), "R=unbooted")...)
			return
		}
		pl.done(err, "")
	default:
		result, err := pl.act(s)
		pl.done(err, result)
	}
}

// done waits until nothing happens any more and ends a step that did something.
func (pl *otpPlayer) done(err error, result string) {
	st := pl.stage
	st.rest(1, 0)
	clear(st.hooks)
	pl.say(";")
	pl.say(st.words()...)
	if result == "" {
		result = operatorGot(err)
	}
	pl.say("=" + result)
	if _, ended := pl.root.Exit(); ended {
		pl.say("R=" + rootEnded(pl.root.Wait(pl.ctx)))
	}
}

// operatorGot returns the word for what an operator got.
func operatorGot(err error) string {
	failed := new(tree.ChildError)
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, tree.ErrDuplicate):
		return "taken"
	case errors.Is(err, tree.ErrNotFound):
		return "unknown"
	case errors.Is(err, tree.ErrClosed), errors.Is(err, tree.ErrDraining):
		return "gone"
	case errors.As(err, &failed):
		return "failed"
	}
	return fmt.Sprintf("(%v)", err)
}

func rootEnded(err error) string {
	text := new(tree.ExitError)
	switch {
	case err == nil:
		return "auto"
	case errors.Is(err, tree.ErrGaveUp), errors.As(err, &text) && strings.Contains(text.Text, tree.ErrGaveUp.Error()):
		return "gaveup"
	}
	return fmt.Sprintf("(%v)", err)
}

// act does what an operator asks for, or lets a child end.
func (pl *otpPlayer) act(s otpStep) (result string, err error) {
	if s.do == "exit" {
		return pl.exit(s)
	}
	boss := s.name
	if s.do != "add" {
		boss = pl.stage.bosses[s.name]
	}
	scope := pl.scope(boss)
	if scope == nil {
		return "gone", nil
	}
	switch s.do {
	case "add":
		_, err = scope.Start(pl.ctx, pl.spec(s.node))
	default:
		var child *tree.Child
		if child, err = scope.Child(s.name); err == nil {
			err = operate(pl.ctx, child, s.do)
		}
	}
	return "", err
}

// operate does what an operator asks of a child.
func operate(ctx context.Context, child *tree.Child, do string) error {
	switch do {
	case "stop":
		return child.Shutdown(ctx)
	case "restart":
		return child.Restart(ctx)
	default:
		return child.Remove(ctx)
	}
}

// exit lets a worker end, or shuts a supervisor down.
func (pl *otpPlayer) exit(s otpStep) (result string, err error) {
	if s.name[0] > 'Z' {
		if !pl.stage.leave(s.name, s.kind, func() {}) {
			return "down", nil
		}
		return "", nil
	}
	scope := pl.scope(s.name)
	if scope == nil {
		return "down", nil
	}
	_, err = scope.Shutdown(pl.ctx)
	return "", err
}

// scope returns that of a supervisor that runs, or nil.
func (pl *otpPlayer) scope(name string) *tree.Scope {
	child := pl.root
	if name != "R" {
		boss := pl.scope(pl.stage.bosses[name])
		if boss == nil {
			return nil
		}
		var err error
		if child, err = boss.Child(name); err != nil {
			return nil
		}
	}
	if child.State() != policy.SlotRunning {
		return nil
	}
	scope, err := child.Scope()
	if err != nil {
		return nil
	}
	return scope
}

// end lists who has a place and shuts the root down.
func (pl *otpPlayer) end() {
	if pl.over() {
		return
	}
	pl.say(";", slotsOf(pl.scope("R").Snapshot()))
	err := pl.root.Shutdown(pl.ctx)
	pl.say(pl.stage.words()...)
	if err != nil {
		pl.say(err.Error())
	}
	pl.say("R=halt")
}

// slotsOf lists the children of a supervisor.
func slotsOf(s tree.Snapshot) string {
	var list []string
	for _, ch := range s.Children {
		word := ch.Name + " is " + ch.State.String()
		switch {
		case ch.State == policy.SlotStopped:
			word = ch.Name + "-"
		case ch.State == policy.SlotRunning && len(ch.Scopes) == 1:
			word = ch.Name + "+" + slotsOf(ch.Scopes[0])
		case ch.State == policy.SlotRunning:
			word = ch.Name + "+"
		}
		list = append(list, word)
	}
	return "[" + strings.Join(list, " ") + "]"
}
