package tree_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// untilFour waits one second, then two, then four.
func untilFour() policy.Backoff {
	return policy.Backoff{Min: time.Second, Max: 4 * time.Second, Jitter: policy.JitterNone}
}

// Akka has what is sent meanwhile stashed, if it was told to, and else drops it; here it
// waits in the mailbox.
func TestSupervision_211_TheWaitDoublesUpToItsMaximumAndEachIncarnationIsFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, patient())
		p := newTrouper()
		p.join(t, s, actor.Spec[cue]{Backoff: untilFour()})
		for n, wait := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 4 * time.Second} {
			p.fail(t, failure1{})
			require.NoError(t, p.send(cue{}))
			require.NoError(t, sleep(t.Context(), wait-1))
			synctest.Wait() // nothing has been started
			require.EqualValues(t, n+1, p.made.Load())
			require.NoError(t, sleep(t.Context(), 1))
			synctest.Wait() // it is up
			require.EqualValues(t, n+2, p.made.Load())
			require.Equal(t, 2, p.count(t), "what was sent meanwhile, and this")
		}
		require.Equal(t, []string{"0s new 1", "0s stopped 1: failure 1", "1s new 2", "1s stopped 2: failure 1",
			"3s new 3", "3s stopped 3: failure 1", "7s new 4", "7s stopped 4: failure 1", "11s new 5"}, p.log.list())
	})
}

func TestSupervision_212_TheRestartsOfABackoffAreCountedAndOneTooManyStopsTheActor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, patient())
		p := newTrouper(append([]error{nil}, slices.Repeat([]error{failure2{}}, 20)...)...)
		spec := withLimit(2, policy.Forever)
		spec.Backoff = untilFour()
		p.join(t, s, spec)
		p.fail(t, failure1{})
		require.NoError(t, sleep(t.Context(), time.Hour))
		require.Equal(t, []string{"0s new 1", "0s stopped 1: failure 1", "1s setup 2: failure 2", "3s setup 3: failure 2"}, p.log.list())
		require.Equal(t, []string{"a stopped"}, slots(s.Snapshot()))
		p.requireEnded(t)
	})
}

// An actor has one backoff; the next one outward is that of its supervisor, for the
// failures that the actor escalates. In Akka both are the actor's own.
func TestSupervision_214_TheBackoffsOfAnActorAndOfItsSupervisorCountForThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTrouper()
		s, _ := openSupervisor(t, patient())
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "sup",
			Backoff: policy.Backoff{Min: 10 * time.Second, Max: 40 * time.Second, Jitter: policy.JitterNone},
			Run: func(ctx context.Context) error {
				return tree.Run(ctx, patient(), func(ctx context.Context, s *tree.Scope) error {
					if err := p.spawn(ctx, s, actor.Spec[cue]{Backoff: untilFour(), Decide: when[failure3](policy.Escalate)}); err != nil {
						return err
					}
					return drainer(ctx)
				})
			}})
		require.NoError(t, err)
		synctest.Wait() // the first is up
		p.failAt(t, failure1{}, 0, time.Second)
		p.failAt(t, failure3{}, 3*time.Second) // the supervisor waits for 10 s
		p.failAt(t, failure1{}, 13*time.Second)
		p.failAt(t, failure3{}, 14*time.Second) // 20 s
		p.failAt(t, failure1{}, 34*time.Second)
		p.failAt(t, failure1{}, 39*time.Second) // it has run for 4 s: a second again
		p.failAt(t, failure3{}, 40*time.Second) // 40 s: the supervisor has not run so long
		require.NoError(t, sleep(t.Context(), time.Minute))
		require.Equal(t, []string{"0s new 1", "0s stopped 1: failure 1",
			"1s new 2", "1s stopped 2: failure 1", "3s new 3", "3s stopped 3: failure 3",
			"13s new 4", "13s stopped 4: failure 1", "14s new 5", "14s stopped 5: failure 3",
			"34s new 6", "34s stopped 6: failure 1", "35s new 7", "39s stopped 7: failure 1",
			"40s new 8", "40s stopped 8: failure 3", "1m20s new 9"}, p.log.list())
	})
}

// In Akka it is the mean of the shortest and the longest wait, so that an actor that fails
// a little later than the mean never waits for long.
func TestSupervision_215_TheWaitsBeginAgainAfterARunAsLongAsTheLongestOfThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, patient())
		p := newTrouper()
		p.join(t, s, actor.Spec[cue]{Backoff: policy.Backoff{Min: time.Second, Max: 9 * time.Second, Jitter: policy.JitterNone}})
		const mean = 5 * time.Second
		p.failAt(t, failure1{}, 0, time.Second, 3*time.Second+mean)
		p.failAt(t, failure1{}, 12*time.Second+9*time.Second-1, 29*time.Second+9*time.Second-1)
		require.NoError(t, sleep(t.Context(), time.Minute))
		require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, time.Second}, delays(seen))
	})
}
