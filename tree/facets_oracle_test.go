package tree_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// The times of the programs of facets. None of them coincide, whatever grace and
// kill wait are added.
const (
	firstEnds  = time.Second             // a significant child
	secondEnds = 2 * time.Second         // and the other one
	timeoutAt  = 2500 * time.Millisecond // of the scope, if it has one
	bodyLeaves = 3 * time.Second
	shutAt     = 50500 * time.Millisecond // from outside
	gateOpens  = 100 * time.Second
	cancelAt   = 200 * time.Second // from outside
	politeness = 400 * time.Millisecond

	enough = 5 // places, for all children but no task beside them
)

// playEnd is a program in which nothing fails: two significant children that end
// by themselves, and, when all are there, one that finishes when it is asked, one
// that heeds only its context and one that heeds nothing until a gate opens. The
// body starts them and a task, and leaves.
func playEnd(t *testing.T, p policy.Scope, all bool) ending {
	start := time.Now()
	gate := time.After(gateOpens)
	o, _ := playFacets(t, p, func(ctx context.Context, s *tree.Scope) {
		begin := func(name string, significant bool, run func(context.Context) error) {
			_, err := s.Start(ctx, tree.ChildSpec{Name: name, Run: run, Restart: restartOf(p, policy.Temporary),
				Significant: significant && p.Auto != policy.AutoNever})
			require.NoError(t, err)
		}
		if all {
			begin("polite", false, func(ctx context.Context) error {
				<-tree.Draining(ctx)
				return sleep(ctx, politeness)
			})
			begin("deaf", false, blocker)
			begin("stuck", false, func(context.Context) error { <-gate; return nil })
		}
		begin("first", true, takes(firstEnds))
		begin("second", true, takes(secondEnds))
		if s.TryGo(ctx, takes(0)) != nil {
			require.True(t, all && p.Limit == enough)
		}
		pause(bodyLeaves)
	})
	pause(time.Until(start.Add(gateOpens + 1))) // what was abandoned has gone too
	return o
}

// endOf says how playEnd comes out: each facet in one line, as its comment says.
func endOf(p policy.Scope, all bool) ending {
	p = p.WithDefaults()
	drained, canceled := shutAt, cancelAt
	switch p.Auto { // significant children end the scope
	case policy.AutoAnySignificant:
		drained = firstEnds
	case policy.AutoAllSignificant:
		drained = secondEnds
	}
	switch p.Leave { // leaving the body cancels, or drains
	case policy.LeaveCancel:
		canceled = bodyLeaves
	case policy.LeaveDrain:
		drained = min(drained, bodyLeaves)
	}
	switch p.Stop.Grace { // what has not ended by the end of its grace is canceled
	case policy.NoGrace:
		canceled = min(canceled, drained)
	case policy.Forever:
	default:
		canceled = min(canceled, drained+p.Stop.Grace)
	}
	o := ending{End: bodyLeaves, Result: "nil", Returned: 1}
	if p.Timeout > 0 {
		canceled = min(canceled, timeoutAt)
		o.TimedOut = canceled == timeoutAt
	}
	count := func(ended bool) {
		if ended {
			o.Returned++
		} else {
			o.Canceled++
		}
	}
	count(true)                   // the first one
	count(canceled >= secondEnds) // the second one
	if !all {
		if p.End == policy.EndOnShutdown { // an empty scope stays open
			o.End = max(bodyLeaves, min(drained, canceled))
		}
		return o
	}
	if p.Limit > 0 { // no place was left for the task
		o.Returned--
		o.Refused++
	}
	// In reverse order the polite one comes after the deaf one, which does not go.
	count(p.Stop.Order != policy.OrderReverse && drained+politeness < canceled)
	count(false) // the deaf one
	o.End = max(canceled, gateOpens)
	if o.TimedOut && p.OnTimeout == policy.TimeoutFails {
		o.Result = "timed out"
	}
	if killed := canceled + p.Stop.Kill; p.Stop.Kill != policy.Forever && killed < gateOpens {
		o.End, o.Result = killed, "abandoned" // the stuck one
	} else {
		count(true)
	}
	return o
}

// The times of the program with a failure.
const (
	failsEvery = time.Second
	backsOff   = 730 * time.Millisecond // before each restart, if the scope has a Backoff
	leavesLate = 20*time.Second + 500*time.Millisecond
)

// playFailure is a program in which a child fails every second, by a panic where
// that does not crash the process, between two that go when they are asked. One of
// them fails in its clean-up where others cancel it.
func playFailure(t *testing.T, p policy.Scope) ending {
	var a, worker, z *tree.Child
	o, _ := playFacets(t, p, func(ctx context.Context, s *tree.Scope) {
		begin := func(name string, run func(context.Context) error) *tree.Child {
			return launch(ctx, t, s, name, run)
		}
		a = begin("a", goes(nil))
		worker = begin("worker", func(ctx context.Context) error {
			select {
			case <-tree.Draining(ctx):
				return ctx.Err()
			case <-time.After(failsEvery):
			}
			if p.Panic == policy.PanicRecover {
				panic(errBoom)
			}
			return errBoom
		})
		if p.OnFailure == policy.CancelTogether {
			z = begin("z", goes(errCleanup))
		} else {
			z = begin("z", goes(nil))
		}
		select {
		case <-tree.Draining(ctx):
		case <-time.After(leavesLate):
		}
	})
	o.Lives = [3]int{worker.Incarnation(), a.Incarnation(), z.Incarnation()}
	o.Returned, o.Canceled = 0, 0 // as many as there were group restarts
	return o
}

// goes is a child that goes when it is asked, and on its cancel returns cleanUp, or
// that it was canceled.
func goes(cleanUp error) func(context.Context) error {
	return func(ctx context.Context) error {
		<-tree.Draining(ctx)
		if ctx.Err() != nil && cleanUp != nil {
			return cleanUp
		}
		return ctx.Err()
	}
}

// failureOf says how playFailure comes out.
func failureOf(p policy.Scope) ending {
	p = p.WithDefaults()
	o := ending{Result: "nil", Failed: 1, Lives: [3]int{1, 1, 1}}
	switch p.Leave {
	case policy.LeaveWait: // the two others stay until the shutdown
		o.End = shutAt
	default:
		o.End = leavesLate
	}
	if p.Timeout > 0 {
		o.End, o.TimedOut = timeoutAt, true
		if p.OnTimeout == policy.TimeoutFails {
			o.Result = "timed out"
		}
	}
	switch p.OnFailure {
	case policy.CancelTogether:
		o = ending{End: failsEvery, Failed: 2, Lives: o.Lives, Result: "2 failures and 0 more, the first true"}
		if p.KeepErrors == 1 {
			o.Result = "1 failures and 1 more, the first true"
		}
	case policy.Supervise:
		restart(p, &o)
	}
	return o
}

// restart plays the restarts of the worker until the end, and what follows from
// them.
func restart(p policy.Scope, o *ending) {
	var stamps []time.Duration // of restarts
	o.Failed = 0
	for at := failsEvery; at < o.End; {
		o.Failed++
		recent := 0
		for _, r := range stamps {
			if at-r <= p.Intensity.Within {
				recent++
			}
		}
		if recent >= p.Intensity.Restarts {
			switch p.Exhausted {
			case policy.ExhaustedEscalate:
				o.End, o.Result, o.TimedOut = at, "gave up", false
				return
			case policy.ExhaustedStopChild:
				return
			}
			stamps = nil // cool down, in place of the Backoff
			at += p.Intensity.Within
			stamps = append(stamps, at)
		} else {
			stamps = append(stamps, at)
			at += p.Backoff.Min
		}
		if at >= o.End {
			return
		}
		o.Lives[0]++
		if p.Strategy == policy.OneForAll {
			o.Lives[1]++
		}
		if p.Strategy != policy.OneForOne {
			o.Lives[2]++
		}
		at += failsEvery
	}
}
