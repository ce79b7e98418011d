package tree_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// office is a supervisor "app/sup" with two fixed probes, child1 and child2.
type office struct {
	*fixture
	*tree.Scope    // the fixture's
	child1, child2 *tree.Child
}

// startOffice starts one whose children have that Restart.
func startOffice(t *testing.T, r policy.Restart) *office {
	t.Helper()
	f := superviseAs(t, policy.SupervisorScope, func(spec *tree.ChildSpec) { spec.Restart = r }, "child1", "child2")
	return &office{f, f.scope, f.named(t, "child1"), f.named(t, "child2")}
}

// shutdownBy are the ways in which an operator has a child of s stop.
var shutdownBy = map[string]func(t *testing.T, s *tree.Scope, name string) error{
	"Shutdown": func(t *testing.T, s *tree.Scope, name string) error {
		child, err := s.Child(name)
		if err != nil {
			return err
		}
		return child.Shutdown(t.Context())
	},
	"StopChild": func(t *testing.T, s *tree.Scope, name string) error {
		return askedOf(t, s, func(r actor.Reply[error]) tree.Message { return tree.StopChild{Name: name, Reply: r} })
	},
}

// askedOf sends a message with a reply to s, and returns the reply once the scope has
// come to rest.
func askedOf(t *testing.T, s *tree.Scope, m func(actor.Reply[error]) tree.Message) error {
	t.Helper()
	answer, err := actor.Ask(t.Context(), s.Ref(), m)
	require.NoError(t, err)
	synctest.Wait() // a stop is not waited for by who sends a message
	return answer
}

func TestSupervision_103_104_AStopKeepsThePlaceAndASecondOneChangesNothing(t *testing.T) {
	for name, stop := range shutdownBy {
		for _, r := range []policy.Restart{policy.Permanent, policy.Transient} {
			t.Run(name+"/"+r.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					o := startOffice(t, r)
					down := answerOf(func() error { return o.child1.Wait(t.Context()) })
					for range 2 {
						require.NoError(t, stop(t, o.Scope, "child1"))
						require.Equal(t, []string{"child1 stopped", "child2 running"}, slots(o.Snapshot()))
						require.Equal(t, policy.Returned, exitOf(t, o.child1))
						require.Equal(t, []string{"start child1#1", "up child1", "start child2#1", "up child2", "stopping child1", "down child1"}, o.log.list())
					}
					require.NoError(t, <-down)
					require.Empty(t, o.seen.failures())
					require.Zero(t, o.Snapshot().Counts.Restarts)
				})
			})
		}
	}
}

func TestSupervision_103_104_AStoppedTemporaryIsForgottenAndNotFoundByNameAnyMore(t *testing.T) {
	for name, stop := range shutdownBy {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := startOffice(t, policy.Temporary)
				require.NoError(t, stop(t, o.Scope, "child1"))
				require.ErrorIs(t, stop(t, o.Scope, "child1"), tree.ErrNotFound)
				require.NoError(t, o.child1.Shutdown(t.Context()), "the handle knows that it has ended")
				require.Equal(t, []string{"child2 running"}, slots(o.Snapshot()))
			})
		})
	}
}

func TestSupervision_106_AnAddedChildOfTheNameOfAStoppedOneIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := startOffice(t, policy.Permanent)
		require.NoError(t, o.child1.Shutdown(t.Context()))
		_, err := o.Start(t.Context(), tree.ChildSpec{Name: "child1", Run: blocker})
		require.EqualError(t, err, `tree: name already taken: tree.ChildSpec.Name = "child1" in app/sup`)
		require.Equal(t, []string{"child1 stopped", "child2 running"}, slots(o.Snapshot()))
		_, err = o.Start(t.Context(), tree.ChildSpec{Name: "child2", Run: blocker})
		require.ErrorIs(t, err, tree.ErrDuplicate, "no more than that of one that runs")
	})
}

// restartBy are the ways in which an operator restarts one.
var restartBy = map[string]func(t *testing.T, s *tree.Scope, name string) error{
	"Restart": func(_ *testing.T, s *tree.Scope, name string) error { return s.Restart(name) },
	"RestartChild": func(t *testing.T, s *tree.Scope, name string) error {
		return askedOf(t, s, func(r actor.Reply[error]) tree.Message { return tree.RestartChild{Name: name, Reply: r} })
	},
}

// OTP refuses to restart a child that runs. Here it is stopped first.
func TestSupervision_107_ARestartRunsANewIncarnationUnderTheOldHandle(t *testing.T) {
	for name, restart := range restartBy {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := startOffice(t, policy.Permanent)
				require.NoError(t, o.child1.Shutdown(t.Context()))
				require.NoError(t, restart(t, o.Scope, "child1"))
				synctest.Wait() // it is up
				require.Equal(t, 2, o.child1.Incarnation())
				require.NoError(t, restart(t, o.Scope, "child1"))
				synctest.Wait() // it is up again
				require.Equal(t, 3, o.child1.Incarnation())
				require.Equal(t, []string{"child1 running", "child2 running"}, slots(o.Snapshot()), "in its old place")
				require.Equal(t, []string{"stopping child1", "down child1", "start child1#2", "up child1",
					"stopping child1", "down child1", "start child1#3", "up child1"}, o.log.list()[4:])
				again, err := o.Child("child1")
				require.NoError(t, err)
				require.Same(t, o.child1, again)
				o.probes["child1"].exits <- errCrash
				synctest.Wait() // it is up
				require.Equal(t, 4, o.child1.Incarnation(), "and is restarted as ever")
				require.EqualValues(t, 1, o.probes["child2"].starts.Load())
			})
		})
	}
}

// OTP refuses to delete a child that runs. Here it is stopped first, and its name is
// taken until it has ended.
func TestSupervision_109_ARemovalOfAChildThatRunsStopsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := startOffice(t, policy.Permanent)
		o.probes["child1"].stopWait = time.Second
		begun := time.Now()
		require.NoError(t, o.Remove("child1"))
		require.NoError(t, o.Remove("child1"), "it is on its way")
		require.Zero(t, time.Since(begun), "it does not wait")
		require.Equal(t, []string{"child1 stopping", "child2 running"}, slots(o.Snapshot()))
		_, err := o.Start(t.Context(), o.probes["child1"].spec(policy.Permanent))
		require.ErrorIs(t, err, tree.ErrDuplicate)
		require.NoError(t, o.Restart("child1"), "too late: nobody is in line for a restart")
		require.NoError(t, o.child1.Wait(t.Context()))
		require.Equal(t, time.Second, time.Since(begun))
		require.Equal(t, policy.SlotForgotten, o.child1.State())
		require.Equal(t, []string{"child2 running"}, slots(o.Snapshot()))
		require.EqualValues(t, 1, o.probes["child1"].starts.Load())
	})
}

func TestSupervision_110_ARemovedChildIsNotFoundAndItsNameIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := startOffice(t, policy.Permanent)
		for _, child := range []*tree.Child{o.child1, o.child2} {
			require.NoError(t, child.Shutdown(t.Context()))
			require.NoError(t, o.Remove(child.Name()))
			require.ErrorIs(t, o.Remove(child.Name()), tree.ErrNotFound)
		}
		require.Empty(t, slots(o.Snapshot()))
		require.Equal(t, tree.PhaseOpen, o.Snapshot().Phase)
		for name, restart := range restartBy {
			require.EqualError(t, restart(t, o.Scope, "child1"), `tree: no such child: "child1" in app/sup`, name)
		}
		again, err := o.Start(t.Context(), o.probes["child1"].spec(policy.Permanent))
		require.NoError(t, err)
		require.NotSame(t, o.child1, again)
		require.Equal(t, 1, again.Incarnation())
		require.Equal(t, []string{"child1 running"}, slots(o.Snapshot()))
	})
}

// What OTP's ref of a process is, is here the handle: it reaches its own child only,
// and a name is that of a child of the scope, not a path.
func TestSupervision_112_AChildIsStoppedByItsNameOrItsOwnHandleAndByNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := startOffice(t, policy.Permanent)
		for _, name := range []string{"app/sup/child1", "sup/child1", "/child1", "child1/", "CHILD1", ""} {
			for _, stop := range shutdownBy {
				require.ErrorIs(t, stop(t, o.Scope, name), tree.ErrNotFound, name)
			}
			require.ErrorIs(t, o.Restart(name), tree.ErrNotFound, name)
			require.ErrorIs(t, o.Remove(name), tree.ErrNotFound, name)
		}
		require.ErrorIs(t, o.app.Restart("child1"), tree.ErrNotFound, "of the scope around it is no child")
		require.Equal(t, []string{"child1 running", "child2 running"}, slots(o.Snapshot()))
		require.Equal(t, []int{1, 1}, []int{o.child1.Incarnation(), o.child2.Incarnation()})
	})
}

func TestSupervision_112_TheHandleOfAForgottenChildDoesNotReachTheNextOfItsName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := startOffice(t, policy.Temporary)
		require.NoError(t, o.child1.Shutdown(t.Context()))
		next, err := o.Start(t.Context(), o.probes["child1"].spec(policy.Permanent))
		require.NoError(t, err)
		require.NoError(t, o.child1.Shutdown(t.Context()))
		o.child1.Cancel(errReason)
		synctest.Wait() // whatever that led to is over
		require.Equal(t, policy.SlotForgotten, o.child1.State())
		require.Equal(t, policy.SlotRunning, next.State())
		require.EqualValues(t, 2, o.probes["child1"].starts.Load())
	})
}

// stranger is a message by its method, which it has from another one or from nobody.
type stranger struct{ tree.Message }

// OTP's supervisor crashes on a call it does not know. Here who sends it has the error.
func TestSupervision_125_AMessageThatIsNoneIsRefusedAndTheSupervisorGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := startOffice(t, policy.Permanent)
		for name, m := range map[string]tree.Message{
			"nil":                   nil,
			"a pointer":             &tree.StopChild{Name: "child1"},
			"a pointer to nothing":  (*tree.CancelScope)(nil),
			"a pointer to an empty": &tree.ShutdownScope{},
			"one that has another":  stranger{tree.StopChild{Name: "child1"}},
			"one that has none":     stranger{},
		} {
			_, asked := actor.Ask(t.Context(), o.Ref(), func(actor.Reply[error]) tree.Message { return m })
			for _, err := range []error{o.Ref().Send(t.Context(), m), o.Ref().TrySend(m), asked} {
				fault := new(policy.FieldError)
				require.ErrorAs(t, err, &fault, name)
				require.Equal(t, "tree.Message", fault.Field, name)
				require.Equal(t, "must be a StartChild, StopChild, RestartChild, ShutdownScope or CancelScope", fault.Reason)
			}
		}
		o.goesOn(t)
	})
}

// goesOn requires that nothing has happened to the office, and that it is at work.
func (o *office) goesOn(t *testing.T) {
	t.Helper()
	synctest.Wait() // whatever was set off is over
	require.Equal(t, tree.PhaseOpen, o.Snapshot().Phase)
	require.Equal(t, []string{"child1 running", "child2 running"}, slots(o.Snapshot()))
	require.Equal(t, []int{1, 1}, []int{o.child1.Incarnation(), o.child2.Incarnation()})
	o.probes["child1"].exits <- errCrash
	synctest.Wait() // it is up again
	require.Equal(t, 2, o.child1.Incarnation())
}

func TestSupervision_125_AMessageThatAsksForNonsenseIsAnsweredAndTouchesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := startOffice(t, policy.Permanent)
		for _, spec := range []tree.ChildSpec{{}, {Name: "child1"}, {Name: "a/b", Run: blocker}, {Name: "c", Run: blocker, Policy: new(policy.TaskScope)},
			{Name: "c", Run: blocker, Restart: 9}, {Name: "child1", Run: blocker}} {
			got, err := actor.Ask(t.Context(), o.Ref(), func(r actor.Reply[tree.Started]) tree.Message {
				return tree.StartChild{Spec: spec, Reply: r}
			})
			require.NoError(t, err, "the answer says it")
			require.Error(t, got.Err)
			require.Nil(t, got.Child)
			require.NoError(t, o.Ref().Send(t.Context(), tree.StartChild{Spec: spec}), "nobody asks")
		}
		for _, name := range []string{"", "nobody", "app/sup/child1"} {
			require.NoError(t, o.Ref().Send(t.Context(), tree.StopChild{Name: name}))
			require.NoError(t, o.Ref().Send(t.Context(), tree.RestartChild{Name: name}))
			for _, way := range []map[string]func(*testing.T, *tree.Scope, string) error{shutdownBy, restartBy} {
				for by, ask := range way {
					require.ErrorIs(t, ask(t, o.Scope, name), tree.ErrNotFound, by)
				}
			}
		}
		o.goesOn(t)
	})
}

func TestSupervision_125_AScopeThatHasClosedTakesNoMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := startOffice(t, policy.Permanent)
		require.NoError(t, o.Ref().Send(t.Context(), tree.ShutdownScope{}))
		require.NoError(t, o.Wait(t.Context()))
		for _, m := range []tree.Message{tree.StartChild{}, tree.StopChild{Name: "child1"}, tree.RestartChild{Name: "child1"}, tree.ShutdownScope{}, tree.CancelScope{}} {
			require.ErrorIs(t, o.Ref().Send(t.Context(), m), actor.ErrStopped)
			require.ErrorIs(t, o.Ref().TrySend(m), actor.ErrStopped)
		}
		require.ErrorAs(t, o.Ref().Send(t.Context(), nil), new(*policy.FieldError), "and this is none all the same")
	})
}
