package policy_test

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/understudy-go/understudy/policy"
)

// happen tells what happened to a child. "delay=1s" at the end is the wait that
// its backoff asks for.
func (s *stage) happen(slot *policy.Slot, what string) (string, error) {
	what, after, _ := strings.Cut(what, " delay=")
	delay := time.Duration(0)
	if after != "" {
		var err error
		if delay, err = time.ParseDuration(after); err != nil {
			return "", err
		}
	}
	exited := func(e policy.Exit, d policy.Decision) (string, error) {
		return spell(s.m.Exited(slot, e, d, delay, s.now)), nil
	}
	failed := func(d policy.Decision) (string, error) {
		return spell(s.m.StartFailed(slot, d, delay, s.now)), nil
	}
	switch what {
	case "is up":
		return spell(s.m.Started(slot, s.now)), nil
	case "cannot start":
		return failed(policy.ByRestart)
	case "cannot start, done":
		return failed(policy.NoRestart)
	case "cannot start, fatal":
		return failed(policy.Escalate)
	case "need not run":
		return spell(s.m.Ignored(slot, s.now)), nil
	case "has waited":
		return spell(s.m.Elapsed(slot, s.now)), nil
	case "is stuck":
		return spell(s.m.Abandoned(slot, s.now)), nil
	case "returns":
		return exited(policy.Returned, policy.ByRestart)
	case "ends":
		return exited(policy.Canceled, policy.ByRestart)
	case "ends, fatal":
		return exited(policy.Canceled, policy.Escalate)
	case "fails":
		return exited(policy.Failed, policy.ByRestart)
	case "panics":
		return exited(policy.Panicked, policy.ByRestart)
	case "fails, done":
		return exited(policy.Failed, policy.NoRestart)
	case "fails, fatal":
		return exited(policy.Failed, policy.Escalate)
	}
	return "", fmt.Errorf("child %v cannot %q", slot.Child, what)
}

// child makes a child of words such as "b transient significant 1/10s". The words
// for what a failure, or a spent budget, means to a scope are also those for what
// one child's means.
func (s *stage) child(spec string) (*policy.Slot, error) {
	slot, err := s.described(strings.Fields(spec))
	if err == nil {
		s.children[slot.Child.(string)] = slot
	}
	return slot, err
}

// described makes the slot that the words describe.
func (s *stage) described(words []string) (*policy.Slot, error) {
	slot := &policy.Slot{Child: words[0], Terms: &policy.Terms{}}
	for _, word := range words[1:] {
		switch word {
		case "report", "cancel_together", "supervise":
			var own policy.Scope
			facets[word](&own)
			slot.OnFailure = &own.OnFailure
		case "escalate", "stop_child", "cool_down":
			var own policy.Scope
			facets[word](&own)
			slot.Exhausted = own.Exhausted
		case "background":
			slot.Background = true
		case "apart":
			slot.Apart = true
		case "permanent":
		case "transient":
			slot.Restart = policy.Transient
		case "temporary":
			slot.Restart = policy.Temporary
		case "significant":
			slot.Significant = true
		case "replaceable":
			slot.Stuck = policy.StuckReplace
		case "indispensable":
			slot.Stuck = policy.StuckEscalate
		default:
			own, err := intensity(word)
			if err != nil {
				return nil, err
			}
			slot.Intensity = own
		}
	}
	return slot, nil
}

// intensity reads "3/5s".
func intensity(text string) (policy.Intensity, error) {
	n, d, ok := strings.Cut(text, "/")
	restarts, err := strconv.Atoi(n)
	if err != nil || !ok {
		return policy.Intensity{}, fmt.Errorf("what is %q?", text)
	}
	within, err := time.ParseDuration(d)
	return policy.Intensity{Restarts: restarts, Within: within}, err
}

// configure makes a machine for a scope in words such as "rest_for_one 3/5s".
func (s *stage) configure(words []string) error {
	err := spellScope(&s.scope, words)
	s.reset()
	return err
}

// spellScope changes a scope as the words say.
func spellScope(scope *policy.Scope, words []string) error {
	for _, word := range words {
		if set, ok := facets[word]; ok {
			set(scope)
			continue
		}
		i, err := intensity(word)
		if err != nil {
			return err
		}
		scope.Intensity = i
	}
	if err := scope.Validate(); err != nil {
		return err
	}
	*scope = scope.WithDefaults()
	return nil
}

var facets = map[string]func(*policy.Scope){
	"report":          func(s *policy.Scope) { s.OnFailure = policy.Report },
	"cancel_together": func(s *policy.Scope) { s.OnFailure = policy.CancelTogether },
	"supervise":       func(s *policy.Scope) { s.OnFailure = policy.Supervise },
	"one_for_one":     func(s *policy.Scope) { s.Strategy = policy.OneForOne },
	"one_for_all":     func(s *policy.Scope) { s.Strategy = policy.OneForAll },
	"rest_for_one":    func(s *policy.Scope) { s.Strategy = policy.RestForOne },
	"escalate":        func(s *policy.Scope) { s.Exhausted = policy.ExhaustedEscalate },
	"stop_child":      func(s *policy.Scope) { s.Exhausted = policy.ExhaustedStopChild },
	"cool_down":       func(s *policy.Scope) { s.Exhausted = policy.ExhaustedCoolDown },
	"any_significant": func(s *policy.Scope) { s.Auto = policy.AutoAnySignificant },
	"all_significant": func(s *policy.Scope) { s.Auto = policy.AutoAllSignificant },
	"by_kind":         func(s *policy.Scope) { s.Stop.Order = policy.OrderByKind },
	"reverse":         func(s *policy.Scope) { s.Stop.Order = policy.OrderReverse },
	"together":        func(s *policy.Scope) { s.Stop.Order = policy.OrderTogether },
}
