package tree_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// source is a BackoffSource as others have them: it waits a second more each time,
// until there is no next time, and can begin again. It notes what it is asked.
type source struct {
	mu    sync.Mutex
	asked trail
	n     time.Duration
	limit time.Duration // of waits; 0 is none
	odd   func()        // called each time, if set
}

func (s *source) NextBackOff() time.Duration {
	s.asked.add("next")
	if s.odd != nil {
		s.odd()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n++; s.limit > 0 && s.n > s.limit {
		return -1
	}
	return s.n * time.Second
}

func (s *source) Reset() {
	s.asked.add("reset")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n = 0
}

// made returns what makes s for a child, once.
func (s *source) made() policy.BackoffSource {
	s.asked.add("made")
	return s
}

func TestASourceSaysHowLongEachWaitIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, doubling())
		from := &source{}
		_, c := clocked(t, s, tree.ChildSpec{NewBackoff: from.made}, 0, 0, 0, time.Hour)
		require.NoError(t, sleep(t.Context(), time.Minute))
		require.Equal(t, []time.Duration{0, time.Second, 3 * time.Second, 6 * time.Second}, c.starts(), "and not as the scope says")
		require.Equal(t, []string{"made", "next", "next", "next"}, from.asked.list())
	})
}

// plain is the least that a source can be.
type plain time.Duration

func (p plain) NextBackOff() time.Duration { return time.Duration(p) }

func TestASourceIsResetByAStableRunAndByAHealthyOneIfItCanBe(t *testing.T) {
	for name, c := range map[string]struct {
		reset   time.Duration
		third   time.Duration // how long the third incarnation lives
		healthy []int
		last    time.Duration // the wait after it
	}{
		"stable by default": {0, policy.DefaultMaxBackoff, nil, time.Second},
		"not quite":         {0, policy.DefaultMaxBackoff - 1, nil, 3 * time.Second},
		"stable as told":    {time.Second, time.Second, nil, time.Second},
		"not quite as told": {time.Second, time.Second - 1, nil, 3 * time.Second},
		"healthy":           {0, 0, []int{3}, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, seen := openSupervisor(t, patient())
				clock := newClockwork(0, 0, c.third, time.Hour)
				from := &source{}
				_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: heals(clock, c.healthy...),
					NewBackoff: from.made, Backoff: policy.Backoff{Reset: c.reset}})
				require.NoError(t, err)
				require.NoError(t, sleep(t.Context(), time.Minute))
				require.Equal(t, []time.Duration{time.Second, 2 * time.Second, c.last}, delays(seen))
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, patient())
		c := newClockwork(0, 0, time.Hour)
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Run: heals(c, 1, 2),
			NewBackoff: func() policy.BackoffSource { return plain(time.Second) }})
		require.NoError(t, err)
		require.NoError(t, sleep(t.Context(), time.Minute))
		require.Equal(t, []time.Duration{time.Second, time.Second}, delays(seen), "one without a Reset is only asked")
	})
}

func TestEachChildHasASourceOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, patient())
		spec := tree.ChildSpec{NewBackoff: func() policy.BackoffSource { return &source{} }}
		spec.Name = "a"
		_, a := clocked(t, s, spec, 0, 0, time.Hour)
		spec.Name = "b"
		_, b := clocked(t, s, spec, 0, 0, time.Hour)
		require.NoError(t, sleep(t.Context(), time.Minute))
		require.Equal(t, []time.Duration{0, time.Second, 3 * time.Second}, a.starts())
		require.Equal(t, a.starts(), b.starts())
	})
}

func TestASourceThatSaysNoMoreLeavesTheChildDownUntilAnOperatorSaysOtherwise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := patient()
		p.Strategy = policy.OneForAll
		s, seen := openSupervisor(t, p)
		a := startProbes(t, s, &trail{}, policy.Permanent, "a")["a"]
		child, c := clocked(t, s, tree.ChildSpec{NewBackoff: (&source{limit: 2}).made}, 0)
		err := child.Wait(t.Context())
		require.ErrorIs(t, err, errCrash)
		require.Equal(t, []time.Duration{0, time.Second, 3 * time.Second}, c.starts())
		require.EqualError(t, child.Wait(t.Context()), "app/c: crash", "the last error can still be read")
		require.Equal(t, "crash", s.Snapshot().Children[1].LastError)
		a.exits <- errCrash
		synctest.Wait()
		require.Equal(t, []string{"a running", "c stopped"}, slots(s.Snapshot()), "and no group brings it back")
		require.Empty(t, seen.of(tree.Exhausted, tree.GaveUp), "it is no budget that was spent")
		require.NoError(t, s.Restart("c"))
		synctest.Wait()
		require.Len(t, c.starts(), 4)
	})
}

// Sources count: each question is for one restart.
func TestASourceIsAskedOnlyForARestart(t *testing.T) {
	fatal := policy.Fatal(errCrash)
	for name, c := range map[string]struct {
		restart policy.Restart
		end     func(t *testing.T, p *probe, s *tree.Scope)
		asked   bool
	}{
		"permanent returned":   {policy.Permanent, func(_ *testing.T, p *probe, _ *tree.Scope) { p.exits <- nil }, true},
		"transient failed":     {policy.Transient, func(_ *testing.T, p *probe, _ *tree.Scope) { p.exits <- errCrash }, true},
		"transient returned":   {policy.Transient, func(_ *testing.T, p *probe, _ *tree.Scope) { p.exits <- nil }, false},
		"temporary failed":     {policy.Temporary, func(_ *testing.T, p *probe, _ *tree.Scope) { p.exits <- errCrash }, false},
		"done":                 {policy.Permanent, func(_ *testing.T, p *probe, _ *tree.Scope) { p.exits <- policy.Done(errCrash) }, false},
		"fatal":                {policy.Permanent, func(_ *testing.T, p *probe, _ *tree.Scope) { p.exits <- fatal }, false},
		"stopped and returned": {policy.Permanent, func(t *testing.T, _ *probe, s *tree.Scope) { require.NoError(t, s.Restart("c")) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := openSupervisor(t, bounded())
				p := newProbe(&trail{}, "c")
				from := &source{}
				spec := p.spec(c.restart)
				spec.NewBackoff = from.made
				_, err := s.Start(t.Context(), spec)
				require.NoError(t, err)
				c.end(t, p, s)
				synctest.Wait()
				require.Equal(t, c.asked, len(from.asked.list()) > 0, "%v", from.asked.list())
			})
		})
	}
}

func TestTheSourceOfASupervisorIsAskedOnlyForARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, patient())
		from := &source{}
		leaf := newProbe(&trail{}, "leaf")
		spec := supervisorSpec(leaf.spec(policy.Permanent))
		spec.NewBackoff, spec.Restart = from.made, policy.Transient
		spec.Policy = new(intense(0, policy.Forever))
		sup, err := s.Start(t.Context(), spec)
		require.NoError(t, err)
		leaf.exits <- errCrash
		require.NoError(t, sleep(t.Context(), time.Second))
		synctest.Wait()
		require.Equal(t, 2, sup.Incarnation())
		inner := scopeOf(t, sup)
		inner.Drain(nil)
		require.NoError(t, sup.Wait(t.Context()))
		require.Equal(t, []string{"made", "next"}, from.asked.list(), "for it has ended well")
	})
}

func TestAStartThatFailsAsksTheSource(t *testing.T) {
	for _, third := range []error{errCrash, policy.Fatal(errBoom)} {
		synctest.Test(t, func(t *testing.T) {
			s, seen := openSupervisor(t, patient())
			from, lives := &source{limit: 2}, 0
			_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", WaitReady: true, NewBackoff: from.made, Run: func(ctx context.Context) error {
				switch lives++; lives {
				case 1:
					return errors.Join(tree.Ready(ctx), failsAfter(time.Second, errCrash)(ctx))
				case 3:
					return third
				}
				return errCrash
			}})
			require.NoError(t, err)
			require.NoError(t, sleep(t.Context(), time.Minute))
			synctest.Wait() // what was asked is seen
			require.Equal(t, []time.Duration{time.Second, 2 * time.Second}, delays(seen))
			if third != errCrash {
				require.ErrorIs(t, s.Wait(t.Context()), tree.ErrEscalated, "what the error itself decides stands")
				require.Equal(t, []string{"made", "next", "next"}, from.asked.list())
				return
			}
			require.Equal(t, []string{"c stopped"}, slots(s.Snapshot()))
			require.Equal(t, []string{"made", "next", "next", "next"}, from.asked.list())
		})
	}
}

func TestASourceThatDoesNotComeBackHangsNobody(t *testing.T) {
	for name, c := range map[string]struct {
		from func() policy.BackoffSource
		exit policy.Exit
		text string
	}{
		"panic in the making": {func() policy.BackoffSource { panic("boom") }, policy.Panicked, "panic: boom"},
		"panic when asked":    {(&source{odd: func() { panic("boom") }}).made, policy.Panicked, "panic: boom"},
		"none":                {func() policy.BackoffSource { return nil }, policy.Panicked, "nil pointer"},
		"goexit":              {(&source{odd: runtime.Goexit}).made, policy.Returned, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, seen := openSupervisor(t, intense(3, time.Hour))
				lives := 0
				child, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", NewBackoff: c.from,
					Run: func(context.Context) error { lives++; return nil }})
				require.NoError(t, err)
				err = child.Wait(t.Context())
				require.ErrorIs(t, s.Wait(t.Context()), tree.ErrGaveUp)
				require.Equal(t, 4, lives, "it is restarted within its budget")
				if c.exit == policy.Panicked {
					require.ErrorAs(t, err, new(*policy.PanicError))
					require.ErrorContains(t, err, c.text)
					require.ErrorContains(t, seen.failures()[0].Err, c.text)
				}
				require.Equal(t, c.exit, exitOf(t, child))
				require.Contains(t, s.Snapshot().Children[0].LastError, c.text)
			})
		})
	}
}

// A replaced incarnation that ends late does not ask what its successor asks.
func TestAnIncarnationThatWasReplacedAsksNoSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		s, seen := openSupervisor(t, patient())
		var sources []*source
		lives := make(chan int, 9)
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Stop: policy.Stop{Grace: time.Second, Kill: time.Second, Stuck: policy.StuckReplace},
			NewBackoff: func() policy.BackoffSource { sources = append(sources, &source{}); return sources[len(sources)-1] },
			Run: func(ctx context.Context) error {
				lives <- 1
				switch len(lives) {
				case 1:
					return errCrash
				case 2:
					<-gate
					return errCrash
				case 3:
					return errCrash
				}
				return drainer(ctx)
			}})
		require.NoError(t, err)
		require.NoError(t, sleep(t.Context(), 1500*ms))
		require.NoError(t, s.Restart("c"))
		require.NoError(t, sleep(t.Context(), 5*time.Second))
		open()
		synctest.Wait()
		require.Len(t, sources, 2, "one for those from the replacement on")
		require.Equal(t, []time.Duration{time.Second, time.Second}, delays(seen))
		require.Equal(t, []string{"next"}, sources[0].asked.list())
		require.Equal(t, []string{"next"}, sources[1].asked.list())
		require.Equal(t, []string{"c running"}, slots(s.Snapshot()))
	})
}

// A source that has given the child up, as one with a longest time does, has to begin
// again when a person does.
func TestASourceThatGaveTheChildUpBeginsAgainWhenAnOperatorBringsItBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, patient())
		from := &source{limit: 1}
		p := newProbe(&trail{}, "c")
		spec := p.spec(policy.Permanent)
		spec.NewBackoff = from.made
		child, err := s.Start(t.Context(), spec)
		require.NoError(t, err)
		for range 2 {
			p.exits <- errCrash
			require.NoError(t, sleep(t.Context(), time.Second+ms))
			require.Equal(t, policy.SlotRunning, child.State(), "it waited for a second")
			p.exits <- errCrash
			synctest.Wait() // the source has said that this was enough
			require.Equal(t, policy.SlotStopped, child.State())
			require.NoError(t, child.Restart(t.Context()))
		}
	})
}
