package tree_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/around"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// Failures of three kinds.
type (
	failure1 struct{}
	failure2 struct{}
	failure3 struct{}
)

func (failure1) Error() string { return "failure 1" }
func (failure2) Error() string { return "failure 2" }
func (failure3) Error() string { return "failure 3" }

// when decides of the errors of one kind, and has no opinion on others.
func when[E error](d policy.Decision) policy.Decider {
	return func(err error) policy.Decision {
		if _, ok := errors.AsType[E](err); ok {
			return d
		}
		return policy.ByRestart
	}
}

// orStop asks decide, and stops what that has no opinion on.
func orStop(decide policy.Decider) policy.Decider {
	return func(err error) policy.Decision {
		if d := decide(err); d != policy.ByRestart {
			return d
		}
		return policy.NoRestart
	}
}

// resumes resumes the errors of one kind.
func resumes[E error]() actor.Wrapper[cue] {
	return around.Resume[cue](func(err error) bool { _, ok := errors.AsType[E](err); return ok })
}

// cue is what a trouper is sent: to fail with an error, to panic, or to say how many
// cues it has had since New.
type cue struct {
	fail   error
	panics any
	count  actor.Reply[int]
}

// trouper is the actor of the scenarios of Akka. It writes down when it is made and
// stopped.
type trouper struct {
	log    *trail
	begun  time.Time
	setups []error // what each New returns; nil, and after the last, is an incarnation
	made   atomic.Int32
	at     atomic.Pointer[actor.Ref[cue]] // its address
}

func newTrouper(setups ...error) *trouper {
	return &trouper{log: &trail{}, begun: time.Now(), setups: setups}
}

func (p *trouper) note(format string, args ...any) {
	p.log.add(fmt.Sprintf("%v ", time.Since(p.begun)) + fmt.Sprintf(format, args...))
}

func (p *trouper) new(context.Context, actor.Ref[cue]) (actor.Receiver[cue], error) {
	n := int(p.made.Add(1))
	if n <= len(p.setups) && p.setups[n-1] != nil {
		p.note("setup %d: %v", n, p.setups[n-1])
		return nil, p.setups[n-1]
	}
	p.note("new %d", n)
	return &part{trouper: p, number: n}, nil
}

// part is one incarnation of a trouper.
type part struct {
	trouper *trouper
	number  int
	cues    int
}

func (r *part) Receive(_ context.Context, c cue) error {
	r.cues++
	if c.panics != nil {
		panic(c.panics)
	}
	c.count.Send(r.cues)
	return c.fail
}

func (r *part) Stopped(_ context.Context, why error) {
	r.trouper.note("stopped %d: %v", r.number, why)
}

// spawn spawns the trouper, as a in s.
func (p *trouper) spawn(ctx context.Context, s *tree.Scope, spec actor.Spec[cue]) error {
	spec.Name, spec.New = "a", p.new
	ref, err := tree.Spawn(ctx, s, spec)
	p.at.Store(&ref)
	return err
}

func (p *trouper) send(c cue) error { return p.at.Load().TrySend(c) }

// join spawns it, which must work.
func (p *trouper) join(t *testing.T, s *tree.Scope, spec actor.Spec[cue]) {
	t.Helper()
	require.NoError(t, p.spawn(t.Context(), s, spec))
}

// requireEnded checks that the trouper has ended for good.
func (p *trouper) requireEnded(t *testing.T) {
	t.Helper()
	synctest.Wait() // what was sent is answered
	made := p.made.Load()
	require.NoError(t, sleep(t.Context(), time.Hour))
	synctest.Wait() // all that was to happen by then has
	require.ErrorIs(t, p.send(cue{}), actor.ErrStopped)
	require.Equal(t, made, p.made.Load())
}

// fail has a trouper fail with err, and returns when that is answered.
func (p *trouper) fail(t *testing.T, err error) {
	t.Helper()
	require.NoError(t, p.send(cue{fail: err}))
	synctest.Wait() // the machine has answered
}

// failAt has it fail with err at these times since it was made.
func (p *trouper) failAt(t *testing.T, err error, at ...time.Duration) {
	t.Helper()
	for _, d := range at {
		require.NoError(t, sleep(t.Context(), d-time.Since(p.begun)))
		synctest.Wait() // what is started at that time is up
		p.fail(t, err)
	}
}

// count returns how many cues the incarnation has had, this one included.
func (p *trouper) count(t *testing.T) int {
	t.Helper()
	n, err := actor.Ask(t.Context(), *p.at.Load(), func(r actor.Reply[int]) cue { return cue{count: r} })
	require.NoError(t, err)
	return n
}
