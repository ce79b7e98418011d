package tree_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// fixture is a supervisor of fixed probes at app/sup, which app does not
// restart.
type fixture struct {
	app    *tree.Scope
	child  *tree.Child // sup, in app
	scope  *tree.Scope // of sup
	seen   *recorder
	log    *trail
	probes map[string]*probe
	up     time.Time // when all were up
	before int       // steps until then
}

// supervise starts a supervisor of permanent probes.
func supervise(t *testing.T, p policy.Scope, names ...string) *fixture {
	t.Helper()
	return superviseAs(t, p, func(*tree.ChildSpec) {}, names...)
}

// superviseAs starts a supervisor of probes whose specs were varied.
func superviseAs(t *testing.T, p policy.Scope, vary func(spec *tree.ChildSpec), names ...string) *fixture {
	t.Helper()
	s := &fixture{log: &trail{}, probes: make(map[string]*probe)}
	sup := tree.ChildSpec{Name: "sup", Policy: &p, Restart: policy.Temporary}
	for _, name := range names {
		s.probes[name] = newProbe(s.log, name)
		spec := s.probes[name].spec(policy.Permanent)
		vary(&spec)
		sup.Children = append(sup.Children, spec)
	}
	s.app, s.seen = openSupervisor(t, policy.SupervisorScope)
	var err error
	s.child, err = s.app.Start(t.Context(), sup)
	require.NoError(t, err)
	s.scope, err = s.child.Scope()
	require.NoError(t, err)
	s.up, s.before = time.Now(), len(s.log.list())
	return s
}

// crash has a probe fail, and returns when the supervisor has done all that it
// does about it at once.
func (s *fixture) crash(name string) {
	s.probes[name].exits <- errCrash
	synctest.Wait()
}

// steps returns what was logged since all were up.
func (s *fixture) steps() []string { return s.log.list()[s.before:] }

// slots returns the children with their states.
func (s *fixture) slots() []string { return slots(s.scope.Snapshot()) }

// named returns the handle of a child.
func (s *fixture) named(t *testing.T, name string) *tree.Child {
	t.Helper()
	ch, err := s.scope.Child(name)
	require.NoError(t, err)
	return ch
}

// restarts returns who was started again and when, counted from when all were
// up, in order: "a#2 3s".
func (s *fixture) restarts() []string {
	var list []string
	for _, e := range s.seen.of(tree.ChildStarted) {
		if name, ok := strings.CutPrefix(e.Path, "app/sup/"); ok && e.Incarnation > 1 {
			list = append(list, fmt.Sprintf("%s#%d %v", name, e.Incarnation, e.Time.Sub(s.up)))
		}
	}
	return list
}

// requireGaveUp waits for the supervisor, which must have given up on a child.
func (s *fixture) requireGaveUp(t *testing.T, name string) {
	t.Helper()
	require.ErrorIs(t, s.child.Wait(within(t)), tree.ErrGaveUp)
	gaveUp := s.seen.of(tree.GaveUp)
	require.Len(t, gaveUp, 1)
	require.Equal(t, "app/sup/"+name, gaveUp[0].Path)
}

// grouped is a supervisor's policy with a strategy, and so many restarts a minute.
func grouped(strategy policy.Strategy, restarts int) policy.Scope {
	p := intense(restarts, time.Minute)
	p.Strategy = strategy
	return p
}

// inGroups runs a scenario in a bubble of its own under each of the strategies
// that take others along.
func inGroups(t *testing.T, scenario func(t *testing.T, strategy policy.Strategy)) {
	t.Helper()
	for _, strategy := range []policy.Strategy{policy.OneForAll, policy.RestForOne} {
		t.Run(strategy.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { scenario(t, strategy) })
		})
	}
}

// backoff is a wait of d before each restart.
func backoff(d time.Duration) policy.Backoff {
	return policy.Backoff{Min: d, Factor: 1, Jitter: policy.JitterNone}
}
