package tree_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// asked returns a Decider that notes in log that name was asked, and says d.
func asked(log *trail, name string, d policy.Decision) policy.Decider {
	return func(error) policy.Decision {
		log.add(name)
		return d
	}
}

func TestTheInnermostOpinionOnAnErrorDecides(t *testing.T) {
	const none, no, up, retry = policy.ByRestart, policy.NoRestart, policy.Escalate, policy.Retry
	for name, c := range map[string]struct {
		err                error
		child, sup, around policy.Decision
		asked              []string
		state              policy.SlotState
	}{
		"nobody has one":            {errCrash, none, none, none, []string{"child", "sup", "around"}, policy.SlotRunning},
		"the error itself":          {policy.Done(errCrash), up, up, up, nil, policy.SlotStopped},
		"the error, wrapped":        {errors.Join(errBoom, policy.Done(errCrash)), up, up, up, nil, policy.SlotStopped},
		"the child":                 {errCrash, no, up, up, []string{"child"}, policy.SlotStopped},
		"its supervisor":            {errCrash, none, no, up, []string{"child", "sup"}, policy.SlotStopped},
		"the scope around":          {errCrash, none, none, no, []string{"child", "sup", "around"}, policy.SlotStopped},
		"the child, to be as it is": {errCrash, retry, no, up, []string{"child"}, policy.SlotRunning},
		"the supervisor, likewise":  {errCrash, none, retry, up, []string{"child", "sup"}, policy.SlotRunning},
		"what no constant says":     {errCrash, 77, 4, no, []string{"child", "sup", "around"}, policy.SlotStopped},
		"of a panic":                {nil, none, none, no, []string{"child", "sup", "around"}, policy.SlotStopped},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := &trail{}
				s, _ := openSupervisor(t, patient(), tree.WithDecider(asked(log, "around", c.around)))
				p := newProbe(&trail{}, "c")
				leaf := p.spec(policy.Permanent)
				leaf.Decide = asked(log, "child", c.child)
				spec := supervisorSpec(leaf)
				spec.Decide = asked(log, "sup", c.sup)
				_, err := s.Start(t.Context(), spec)
				require.NoError(t, err)
				if c.err != nil {
					p.exits <- c.err
				} else {
					p.panics <- "boom"
				}
				synctest.Wait()
				require.Equal(t, c.asked, log.list())
				require.Equal(t, c.state, below(t, s, "sup").Children[0].State)
			})
		})
	}
}

func TestADeciderSeesTheErrorAsItIsAndOnlyWhereThereIsOne(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(ctx context.Context, ch *tree.Child) error
		sees func(t *testing.T, err error)
	}{
		"an error":  {func(context.Context, *tree.Child) error { return errCrash }, func(t *testing.T, err error) { require.Equal(t, errCrash, err) }},
		"a panic":   {func(context.Context, *tree.Child) error { panic("boom") }, func(t *testing.T, err error) { require.IsType(t, new(policy.PanicError), err) }},
		"a Goexit":  {func(context.Context, *tree.Child) error { runtime.Goexit(); return nil }, func(t *testing.T, err error) { require.Equal(t, policy.ErrGoexit, err) }},
		"nil":       {func(context.Context, *tree.Child) error { return nil }, nil},
		"ignored":   {func(context.Context, *tree.Child) error { return policy.ErrIgnored }, nil},
		"done":      {func(context.Context, *tree.Child) error { return policy.Done(nil) }, nil},
		"a cancel":  {func(ctx context.Context, ch *tree.Child) error { ch.Cancel(errReason); return blocker(ctx) }, nil},
		"a removal": {func(ctx context.Context, ch *tree.Child) error { _ = ch.Remove(ctx); return drainer(ctx) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := openSupervisor(t, patient())
				var seen []error
				_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c", Restart: policy.Transient,
					Decide: func(err error) policy.Decision { seen = append(seen, err); return policy.NoRestart },
					Run: func(ctx context.Context) error {
						self, _ := tree.Self(ctx)
						return c.end(ctx, self)
					}})
				require.NoError(t, err)
				synctest.Wait()
				if c.sees == nil {
					require.Empty(t, seen)
					return
				}
				require.Len(t, seen, 1)
				c.sees(t, seen[0])
			})
		})
	}
}

// What a Decider says is as good as Done and Fatal.
func TestADecidersWordIsAsGoodAsThatOfTheError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := patient()
		p.Strategy = policy.OneForAll
		s, _ := openSupervisor(t, p, tree.WithDecider(func(err error) policy.Decision {
			switch {
			case errors.Is(err, errBoom):
				return policy.NoRestart
			case errors.Is(err, errBang):
				return policy.Escalate
			}
			return policy.ByRestart
		}))
		probes := startProbes(t, s, &trail{}, policy.Permanent, "a", "b", "c")
		probes["b"].exits <- errBoom
		probes["a"].exits <- errCrash
		synctest.Wait()
		require.Equal(t, []string{"a running", "b stopped", "c running"}, slots(s.Snapshot()), "no group brings it back")
		probes["c"].exits <- errBang
		err := s.Wait(t.Context())
		require.ErrorIs(t, err, tree.ErrEscalated)
		require.EqualError(t, err, "tree: child escalated: app/c: bang")
	})
}

// An error that escalates is wrapped by that of the supervisor it ends, and Deciders
// see that too: one that looks into errors takes the whole tree along.
func TestADeciderThatLooksIntoErrorsAnswersOnEveryLevel(t *testing.T) {
	deep := func(err error) bool { return errors.Is(err, errBoom) }
	flat := func(err error) bool { return err == errBoom }
	for _, c := range []struct {
		escalates func(error) bool
		ends      bool
	}{{deep, true}, {flat, false}} {
		synctest.Test(t, func(t *testing.T) {
			s, seen := openSupervisor(t, patient(), tree.WithDecider(func(err error) policy.Decision {
				if c.escalates(err) {
					return policy.Escalate
				}
				return policy.ByRestart
			}))
			leaf := newProbe(&trail{}, "leaf")
			sup, err := s.Start(t.Context(), supervisorSpec(leaf.spec(policy.Permanent)))
			require.NoError(t, err)
			leaf.exits <- errBoom
			synctest.Wait()
			if c.ends {
				require.ErrorIs(t, s.Wait(t.Context()), tree.ErrEscalated)
				require.Equal(t, []string{"app/sup/leaf", "app/sup"}, paths(seen.of(tree.Escalated)))
				return
			}
			require.Equal(t, []string{"app/sup/leaf"}, paths(seen.of(tree.Escalated)))
			require.Equal(t, 2, sup.Incarnation())
		})
	}
}

func TestTheDeciderOfASupervisorIsAskedForItsOwnErrorsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, patient())
		leaf := newProbe(&trail{}, "leaf")
		spec := supervisorSpec(leaf.spec(policy.Permanent))
		spec.Policy = new(intense(0, policy.Forever))
		spec.Decide = func(err error) policy.Decision {
			if errors.Is(err, tree.ErrGaveUp) {
				return policy.NoRestart
			}
			return policy.ByRestart
		}
		sup, err := s.Start(t.Context(), spec)
		require.NoError(t, err)
		leaf.exits <- errCrash
		require.ErrorIs(t, sup.Wait(t.Context()), tree.ErrGaveUp)
		require.Equal(t, []string{"sup stopped"}, slots(s.Snapshot()))
	})
}

func TestADeciderIsAskedAboutStartsAndPlainTasksButNotAboutShields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		s, _ := openSupervisor(t, patient(), tree.WithDecider(func(err error) policy.Decision {
			log.add(err.Error())
			if errors.Is(err, errBang) {
				return policy.Escalate
			}
			return policy.NoRestart
		}))
		c := startProbes(t, s, &trail{}, policy.Permanent, "c")["c"]
		c.failing.Store(1)
		require.NoError(t, s.Restart("c")) // whose failure is an answer to nobody
		synctest.Wait()
		require.Equal(t, []string{"c stopped"}, slots(s.Snapshot()))
		require.ErrorIs(t, s.Shield(t.Context(), "save", failsAfter(0, errBoom)), errBoom)
		require.NoError(t, s.Go(t.Context(), failsAfter(time.Second, errBang)))
		require.ErrorIs(t, s.Wait(t.Context()), tree.ErrEscalated)
		require.Equal(t, []string{"crash", "bang"}, log.list())
	})
}

//go:noinline
func inADecider(gate <-chan struct{}) policy.Decision { <-gate; return policy.ByRestart }

func TestADeciderIsAskedOnTheGoroutineOfWhatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, open := newGate(t)
		s, _ := openSupervisor(t, patient(), tree.WithDecider(func(err error) policy.Decision {
			if err == errBoom {
				return inADecider(gate)
			}
			return policy.ByRestart
		}))
		c := newClockwork(0, time.Hour)
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "quick", Run: c.run})
		require.NoError(t, err)
		lives := 0
		slow, err := s.Start(t.Context(), tree.ChildSpec{Name: "slow", Run: func(ctx context.Context) error {
			if lives++; lives == 1 {
				return errBoom
			}
			return blocker(ctx)
		}})
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, []string{`{"child":"slow", "scope":"app"}`}, labelsOf(t, "tree_test.inADecider"))
		require.Equal(t, []time.Duration{0, 0}, c.starts(), "others are restarted meanwhile")
		require.Equal(t, policy.SlotRunning, slow.State(), "it has not come back yet")
		open()
		synctest.Wait()
		require.Equal(t, 2, slow.Incarnation())
	})
}

func TestADeciderThatDoesNotComeBackHangsNobody(t *testing.T) {
	for name, c := range map[string]struct {
		odd  func()
		exit policy.Exit
		text string
	}{
		"panic":  {func() { panic("no idea") }, policy.Panicked, "panic: no idea"},
		"goexit": {runtime.Goexit, policy.Failed, "crash"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, seen := openSupervisor(t, doubling(), tree.WithDecider(func(error) policy.Decision { c.odd(); return policy.Escalate }))
				_, clock := clocked(t, s, tree.ChildSpec{}, 0, time.Hour)
				require.NoError(t, s.Go(t.Context(), failsAfter(0, errBang)))
				synctest.Wait()
				for _, e := range seen.failures() {
					require.Equal(t, c.exit, e.Exit)
					if c.exit == policy.Panicked {
						require.ErrorContains(t, e.Err, "no idea", "it is told")
					}
				}
				require.Len(t, seen.failures(), 2)
				require.ErrorIs(t, errors.Join(seen.failures()[0].Err, seen.failures()[1].Err), errCrash)
				require.Equal(t, c.text, s.Snapshot().Children[0].LastError)
				require.NoError(t, sleep(t.Context(), time.Minute))
				require.Equal(t, []time.Duration{0, time.Second}, clock.starts(), "and the wait is kept")
			})
		})
	}
}
