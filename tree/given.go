package tree

import (
	"context"
	"errors"
	"math/rand/v2"

	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/policy"
)

// given is what options gave a scope, for itself and for the scopes below it.
type given struct {
	outer  *given
	chance func() float64 // nil: that of outer
	decide policy.Decider // asked before those of outer; nil for none
}

// random returns the source of chance.
func (g *given) random() func() float64 {
	for ; g != nil; g = g.outer {
		if g.chance != nil {
			return g.chance
		}
	}
	return rand.Float64
}

// decision asks own, and then the scopes from here outward, until one has an
// opinion.
func (g *given) decision(own policy.Decider, err error) policy.Decision {
	if d := opinion(own, err); d != policy.ByRestart {
		return d
	}
	for ; g != nil; g = g.outer {
		if d := opinion(g.decide, err); d != policy.ByRestart {
			return d
		}
	}
	return policy.ByRestart
}

// opinion asks one, if it is there. What no constant says is no opinion.
func opinion(decide policy.Decider, err error) policy.Decision {
	if decide == nil {
		return policy.ByRestart
	}
	if d := decide(err); d <= policy.Retry {
		return d
	}
	return policy.ByRestart
}

// consult asks what a failure means for the restart, where its error does not say,
// and returns the error.
func (l *life) consult(v *verdict, own policy.Decider, err error) error {
	g := l.scope.given
	if !v.failed() || v.decision != policy.ByRestart || own == nil && g == nil {
		return err
	}
	return l.ask(v, err, func() { v.decision = g.decision(own, err) })
}

// ask calls code of the user's that has a say in what follows from err, guarded, on
// the goroutine that err came from. A panic in it counts as one of the child: it is
// added to the error that is returned.
func (l *life) ask(v *verdict, err error, f func()) error {
	bad := run.Call(l, func(context.Context) error {
		f()
		return nil
	}, false)
	if bad == nil {
		return err
	}
	v.exit, v.text = policy.Panicked, clip(bad.Error())
	return errors.Join(err, bad)
}
