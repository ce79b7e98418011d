package tree_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/around"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// withLimit is a budget of an actor's own that stops it alone, as Akka's limit does.
func withLimit(restarts int, within time.Duration) actor.Spec[cue] {
	return actor.Spec[cue]{Intensity: policy.Intensity{Restarts: restarts, Within: within}, Exhausted: policy.ExhaustedStopChild}
}

// Where nothing is said, Akka stops what failed; here it is restarted, and to stop it is
// what Temporary says.
func TestSupervision_196_ATemporaryActorThatPanicsEndsAndIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		p := newTrouper()
		p.join(t, s, actor.Spec[cue]{Restart: policy.Temporary})
		ch, err := s.Child("a")
		require.NoError(t, err)
		require.NoError(t, ch.Suspend(t.Context())) // until both are queued
		require.NoError(t, p.send(cue{panics: "boom"}))
		require.NoError(t, p.send(cue{}))
		require.NoError(t, ch.Resume(t.Context()))
		synctest.Wait() // it has ended
		require.Equal(t, []string{"0s new 1", "0s stopped 1: panic: boom"}, p.log.list())
		require.Empty(t, s.Snapshot().Children)
		var dead []string
		for _, e := range seen.of(tree.DeadLetter) {
			dead = append(dead, e.Err.Error())
		}
		require.Equal(t, []string{"panic: boom", "actor: stopped"}, dead)
		p.requireEnded(t)
	})
}

func TestAnActorOfWhichNothingIsSaidIsRestartedAndToldOnceEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		p := newTrouper()
		p.join(t, s, actor.Spec[cue]{})
		p.fail(t, failure1{})
		p.fail(t, failure2{})
		require.Equal(t, []string{"0s new 1", "0s stopped 1: failure 1", "0s new 2", "0s stopped 2: failure 2", "0s new 3"}, p.log.list())
		require.Equal(t, 1, p.count(t))
	})
}

func TestSupervision_197_AnErrorOfAnotherKindStopsTheActor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		p := newTrouper()
		p.join(t, s, actor.Spec[cue]{Decide: orStop(when[failure1](policy.Retry))})
		p.fail(t, failure1{})
		p.fail(t, failure2{})
		require.Equal(t, []string{"0s new 1", "0s stopped 1: failure 1", "0s new 2", "0s stopped 2: failure 2"}, p.log.list())
		require.Equal(t, []string{"a stopped"}, slots(s.Snapshot()))
		require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
		p.requireEnded(t)
	})
}

func TestSupervision_199_AResumedActorKeepsItsStateAndHearsOfNoEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		p := newTrouper()
		p.join(t, s, actor.Spec[cue]{Wrap: []actor.Wrapper[cue]{resumes[failure1]()}})
		require.Equal(t, 1, p.count(t))
		p.fail(t, failure1{})
		require.Equal(t, 3, p.count(t))
		require.Equal(t, []string{"0s new 1"}, p.log.list())
		require.Equal(t, failure1{}, seen.of(tree.DeadLetter)[0].Err)
		require.Empty(t, seen.failures())
		require.Zero(t, s.Snapshot().Counts.Restarts)
	})
}

// The process would not survive it otherwise.
func TestAPanicThatIsResumedCrashesNoProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		crash := policy.SupervisorScope
		crash.Panic = policy.PanicCrash
		s, _ := openSupervisor(t, crash)
		p := newTrouper()
		p.join(t, s, actor.Spec[cue]{Wrap: []actor.Wrapper[cue]{around.ResumePanic[cue](nil)}})
		require.NoError(t, p.send(cue{panics: "boom"}))
		require.Equal(t, 2, p.count(t))
		require.Equal(t, []string{"0s new 1"}, p.log.list())
	})
}

// Who is not asked inside is asked outside: what goes around Receive, the actor's own
// Decide, and the deciders of the scopes around it.
func TestSupervision_200_EachKindOfFailureIsAnsweredByTheInnermostThatKnowsIt(t *testing.T) {
	own := orStop(when[failure3](policy.Retry))
	for name, c := range map[string]struct {
		spec  actor.Spec[cue]
		scope []tree.Option
	}{
		"all its own":        {actor.Spec[cue]{Decide: own}, nil},
		"stop from outside":  {actor.Spec[cue]{Decide: when[failure3](policy.Retry)}, []tree.Option{tree.WithDecider(orStop(when[failure3](policy.NoRestart)))}},
		"both from outside":  {actor.Spec[cue]{}, []tree.Option{tree.WithDecider(own)}},
		"what is resumed is": {actor.Spec[cue]{Decide: own}, []tree.Option{tree.WithDecider(when[failure2](policy.Escalate))}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := openSupervisor(t, policy.SupervisorScope, c.scope...)
				p := newTrouper()
				c.spec.Wrap = []actor.Wrapper[cue]{resumes[failure2]()}
				p.join(t, s, c.spec)
				p.fail(t, failure2{})
				require.Equal(t, 2, p.count(t), "resumed")
				p.fail(t, failure3{})
				require.Equal(t, 1, p.count(t), "restarted")
				p.fail(t, failure1{})
				require.Equal(t, []string{"0s new 1", "0s stopped 1: failure 3", "0s new 2", "0s stopped 2: failure 1"}, p.log.list())
				require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
				p.requireEnded(t)
			})
		})
	}
}

// Akka counts from the first failure on, and begins again when the time since then is over:
// the last row would live. Here a budget is for any stretch of that length.
func TestSupervision_202_TheThirdFailureWithinTheTimeStopsTheActorAndAfterItTheBudgetIsFresh(t *testing.T) {
	const w = 10 * time.Second
	for _, c := range []struct {
		at   []time.Duration
		made int
		ends bool
	}{
		{[]time.Duration{0, 1, 2}, 3, true},
		{[]time.Duration{0, time.Second, w}, 3, true}, // just within
		{[]time.Duration{0, time.Second, time.Second + w + 1, time.Second + w + 2}, 5, false},
		{[]time.Duration{0, time.Second, time.Second + w + 1, time.Second + w + 2, time.Second + w + 3}, 5, true},
		{[]time.Duration{0, 9 * time.Second, 11 * time.Second, 12 * time.Second}, 4, true}, // 9, 11 and 12
	} {
		synctest.Test(t, func(t *testing.T) {
			s, _ := openSupervisor(t, patient())
			p := newTrouper()
			p.join(t, s, withLimit(2, w))
			p.failAt(t, failure1{}, c.at...)
			require.EqualValues(t, c.made, p.made.Load(), c.at)
			require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
			if c.ends {
				p.requireEnded(t)
				return
			}
			require.Equal(t, 1, p.count(t))
		})
	}
}

func TestSupervision_203_WithoutAnyRestartAllowedTheFirstFailureStopsTheActor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, patient())
		p := newTrouper()
		p.join(t, s, actor.Spec[cue]{Intensity: policy.NoRestarts, Exhausted: policy.ExhaustedStopChild})
		p.fail(t, failure1{})
		require.Equal(t, []string{"0s new 1", "0s stopped 1: failure 1"}, p.log.list())
		require.Equal(t, []string{"a stopped"}, slots(s.Snapshot()))
		p.requireEnded(t)
	})
}
