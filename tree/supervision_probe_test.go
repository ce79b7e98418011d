package tree_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

var errCrash = errors.New("crash")

// probe is the child of the supervision scenarios: it writes its life down, and
// ends when it is told to or asked to.
type probe struct {
	name      string
	log       *trail
	exits     chan error    // received: returned
	panics    chan any      // received: panicked with
	failing   atomic.Int32  // how many of the next starts fail
	startFail error         // with what; errCrash if nil
	startWait time.Duration // before it is up
	stopWait  time.Duration // after it was asked to stop
	atStop    error         // returned after it was asked to stop
	starts    atomic.Int32
	scope     atomic.Pointer[tree.Scope] // whose child it is
}

func newProbe(log *trail, name string) *probe {
	return &probe{name: name, log: log, exits: make(chan error), panics: make(chan any)}
}

// spec describes the probe as a child that is up when it says so.
func (p *probe) spec(r policy.Restart) tree.ChildSpec {
	return tree.ChildSpec{Name: p.name, Run: p.run, Restart: r, WaitReady: true}
}

func (p *probe) run(ctx context.Context) error {
	n := p.starts.Add(1)
	s, err := tree.From(ctx)
	if err != nil {
		return err
	}
	p.scope.Store(s)
	p.log.add(fmt.Sprintf("start %s#%d", p.name, n))
	if err := p.start(ctx); err != nil {
		return err
	}
	select {
	case err := <-p.exits:
		p.log.add("down " + p.name)
		return err
	case v := <-p.panics:
		p.log.add("down " + p.name)
		panic(v)
	case <-tree.Draining(ctx):
	}
	p.log.add("stopping " + p.name)
	if p.stopWait > 0 {
		if err := sleep(ctx, p.stopWait); err != nil {
			return err
		}
	}
	p.log.add("down " + p.name)
	return p.atStop
}

// start is what the probe does before it is up.
func (p *probe) start(ctx context.Context) error {
	if p.startWait > 0 {
		if err := sleep(ctx, p.startWait); err != nil {
			return err
		}
	}
	if p.failing.Add(-1) >= 0 {
		if p.startFail != nil {
			return p.startFail
		}
		return errCrash
	}
	p.log.add("up " + p.name) // before anybody can learn it
	return tree.Ready(ctx)
}

// openSupervisor opens a scope under p, called "app", with a recorder, and
// closes it when the test ends.
func openSupervisor(t *testing.T, p policy.Scope, opts ...tree.Option) (*tree.Scope, *recorder) {
	t.Helper()
	seen := &recorder{}
	s, err := tree.Open(t.Context(), p, append(opts, tree.WithName("app"), tree.WithObserver(seen))...)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s, seen
}

// supervisorSpec describes a supervisor of children called "sup".
func supervisorSpec(children ...tree.ChildSpec) tree.ChildSpec {
	return tree.ChildSpec{Name: "sup", Policy: new(policy.SupervisorScope), Children: children}
}

// scopeOf returns the scope of a supervisor that runs.
func scopeOf(t *testing.T, sup *tree.Child) *tree.Scope {
	t.Helper()
	s, err := sup.Scope()
	require.NoError(t, err)
	return s
}

// snapshotOf returns what is in the scope of a supervisor that runs.
func snapshotOf(t *testing.T, sup *tree.Child) tree.Snapshot {
	t.Helper()
	return scopeOf(t, sup).Snapshot()
}

// slots returns the children of a snapshot, each with its state.
func slots(s tree.Snapshot) []string {
	var list []string
	for _, ch := range s.Children {
		list = append(list, ch.Name+" "+ch.State.String())
	}
	return list
}

// below returns the scope that the named child of s has opened.
func below(t *testing.T, s *tree.Scope, child string) tree.Snapshot {
	t.Helper()
	for _, ch := range s.Snapshot().Children {
		if ch.Name == child {
			require.Len(t, ch.Scopes, 1, "scopes of %s", child)
			return ch.Scopes[0]
		}
	}
	require.Fail(t, "no such child", child)
	return tree.Snapshot{}
}

// bounded is a SupervisorScope with a grace of 2 s and a kill wait of 3 s.
func bounded() policy.Scope {
	p := policy.SupervisorScope
	p.Stop.Grace, p.Stop.Kill = 2*time.Second, 3*time.Second
	return p
}

// signals notes when a child is asked to end, and when it is canceled.
type signals struct {
	from            time.Time
	asked, canceled time.Duration
	cause           error
	errAtAsk        error
}

// run returns linger after its context ended.
func (g *signals) run(linger time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		<-tree.Draining(ctx)
		g.asked, g.errAtAsk = time.Since(g.from), ctx.Err()
		<-ctx.Done()
		g.canceled, g.cause = time.Since(g.from), context.Cause(ctx)
		pause(linger)
		return ctx.Err()
	}
}
