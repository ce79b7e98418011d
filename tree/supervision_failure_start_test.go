package tree_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/around"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// strategies are Akka's, as specs of actors.
func strategies() map[string]actor.Spec[cue] {
	return map[string]actor.Spec[cue]{
		"stop":               {Restart: policy.Temporary},
		"restart":            {},
		"restart with limit": withLimit(3, time.Second),
		"backoff":            {Backoff: untilFour()},
		"resume":             {Wrap: []actor.Wrapper[cue]{around.Resume[cue](nil), around.ResumePanic[cue](nil)}},
		"unmatched":          {Decide: orStop(when[failure2](policy.Retry))},
		"matched":            {Decide: when[failure1](policy.Retry)},
	}
}

// In Akka the parent of an actor whose first setup fails does not hear of it, so restart
// with a limit and backoff try again. Here who spawns is told, whatever the strategy, and
// knows better than a loop whether to try again.
func TestSupervision_208_AFirstSetupThatFailsIsTheErrorOfTheSpawnAndIsTriedOnce(t *testing.T) {
	for name, spec := range strategies() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := openSupervisor(t, patient())
				p := newTrouper(failure1{})
				require.ErrorIs(t, p.spawn(t.Context(), s, spec), failure1{})
				require.NoError(t, sleep(t.Context(), time.Hour))
				require.Equal(t, []string{"0s setup 1: failure 1"}, p.log.list())
				require.Empty(t, s.Snapshot().Children, "no place is kept, and the name is free")

				p.join(t, s, spec)
				require.Equal(t, 1, p.count(t), "tried again by who asked")
			})
		})
	}
}

// A setup that fails when the actor is restarted is one more failure.
func TestSupervision_208_ALaterSetupThatFailsIsAnsweredAsAFailure(t *testing.T) {
	for name, c := range map[string]struct {
		want []string
		ends bool
	}{
		"stop":               {nil, true},
		"restart":            {[]string{"0s setup 2: failure 1", "0s new 3"}, false},
		"restart with limit": {[]string{"0s setup 2: failure 1", "0s new 3"}, false},
		"backoff":            {[]string{"1s setup 2: failure 1", "3s new 3"}, false},
		"unmatched":          {[]string{"0s setup 2: failure 1"}, true}, // what it failed with before was matched
		"matched":            {[]string{"0s setup 2: failure 1", "0s new 3"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := openSupervisor(t, patient())
				p := newTrouper(nil, failure1{})
				p.join(t, s, strategies()[name])
				p.fail(t, failure2{})
				require.NoError(t, sleep(t.Context(), 3*time.Second))
				synctest.Wait() // what was started is up
				require.Equal(t, append([]string{"0s new 1", "0s stopped 1: failure 2"}, c.want...), p.log.list())
				if c.ends {
					p.requireEnded(t)
					return
				}
				require.Equal(t, 1, p.count(t))
			})
		})
	}
}

// The first setup has to work, or there is nothing to restart.
func TestSupervision_209_UnderALimitOfTwoThereAreThreeSetupsInAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, patient())
		p := newTrouper(append([]error{nil}, slices.Repeat([]error{failure1{}}, 20)...)...)
		p.join(t, s, withLimit(2, time.Second))
		p.fail(t, failure2{})
		require.Equal(t, []string{"0s new 1", "0s stopped 1: failure 2", "0s setup 2: failure 1", "0s setup 3: failure 1"}, p.log.list())
		require.Len(t, seen.of(tree.Exhausted), 1)
		require.Equal(t, []string{"a stopped"}, slots(s.Snapshot()))
		p.requireEnded(t)
	})
}

// ErrIgnored and Done(nil) are what a behavior that is stopped is here.
func TestSupervision_218_AnActorThatNeedNotRunEndsUnderEveryStrategy(t *testing.T) {
	for name, spec := range strategies() {
		t.Run(name, func(t *testing.T) {
			for when, c := range map[string]struct {
				setups []error
				cues   []error
			}{
				"initially":                 {[]error{policy.ErrIgnored}, nil},
				"after setup":               {nil, []error{policy.Done(nil)}},
				"after restart":             {[]error{nil, policy.ErrIgnored}, []error{failure1{}}},
				"after restart, done":       {[]error{nil, policy.Done(nil)}, []error{failure1{}}},
				"after restart, with a cue": {nil, []error{failure1{}, policy.Done(nil)}},
			} {
				if name == "resume" && when != "initially" && when != "after setup" {
					continue // there is no restart
				}
				t.Run(when, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s, _ := openSupervisor(t, patient())
						p := newTrouper(c.setups...)
						p.join(t, s, spec)
						for _, err := range c.cues {
							_ = p.send(cue{fail: err}) // refused where the first has ended it
						}
						require.NoError(t, sleep(t.Context(), time.Minute))
						p.requireEnded(t)
						require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
					})
				})
			}
		})
	}
}
