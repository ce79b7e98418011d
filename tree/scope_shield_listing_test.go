package tree_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestShieldsOfOneNameAreToldApartByANumber(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		s, seen := openSupervisor(t, p)
		launch(t.Context(), t, s, "save#1", blocker)
		selves := make(chan string, 3)
		for range 3 {
			shieldOf(t.Context(), s, "save", func(ctx context.Context) error {
				self, err := tree.Self(ctx)
				selves <- self.Path()
				return errors.Join(err, sleep(ctx, tenth))
			})
			synctest.Wait() // it is listed
		}
		require.Equal(t, []string{"save#1 running", "save running", "save#2 running", "save#3 running"}, slots(s.Snapshot()))
		require.Equal(t, []string{"app/save", "app/save#2", "app/save#3"}, []string{<-selves, <-selves, <-selves})
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "save", Run: blocker})
		require.ErrorIs(t, err, tree.ErrDuplicate, "a child asks for that name and no other")
		found, err := tree.Find("app/save#2")
		require.NoError(t, err)
		require.Equal(t, "save#2", found.Name())
		require.NoError(t, found.Wait(t.Context()))
		synctest.Wait() // the others have ended too
		require.Equal(t, []string{"save#1 running"}, slots(s.Snapshot()))
		require.NoError(t, s.Shield(t.Context(), "save", takes(0)), "the name is free again")
		synctest.Wait() // the observer was told
		events := paths(seen.of(tree.ChildStarted))
		require.Equal(t, "app/save", events[len(events)-1])
		s.Cancel(nil)
		require.NoError(t, s.Close())
	})
}

func TestManyShieldsOfOneNameEachHaveTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.TaskScope)
		const n = 500
		for range n {
			shieldOf(t.Context(), s, "save", takes(tenth))
		}
		synctest.Wait() // all are listed
		var names []string
		for ch := range s.Children() {
			names = append(names, ch.Name())
		}
		slices.Sort(names)
		require.Len(t, slices.Compact(names), n)
		require.NoError(t, s.Close())
		require.Equal(t, tree.Counts{Returned: n}, s.Counts())
	})
}

func TestABadShieldIsRefusedByNameAndNothingRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.TaskScope)
		never := func(context.Context) error { panic("it ran") }
		for want, err := range map[string]error{
			"tree.Scope.Shield.ctx":  s.Shield(nil, "save", never), //lint:ignore SA1012 it is refused
			"tree.Scope.Shield.f":    s.Shield(t.Context(), "save", nil),
			"tree.Scope.Shield.name": s.Shield(t.Context(), "", never),
		} {
			var fault *policy.FieldError
			require.ErrorAs(t, err, &fault, want)
			require.Contains(t, fault.Field, want)
		}
		require.Error(t, s.Shield(t.Context(), "a/b", never))
		require.Empty(t, seen.of(tree.ChildStarted))
		require.Zero(t, s.Counts().Started())
		require.NoError(t, s.Close())
	})
}

func TestAShieldIsListedInSnapshotAndReportAndFoundByItsContext(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		s, seen := openSupervisor(t, p)
		answer := shieldOf(t.Context(), s, "save", func(ctx context.Context) error {
			at, err := tree.From(ctx)
			require.NoError(t, err)
			require.Equal(t, "app", at.Path())
			return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, in *tree.Scope) error {
				require.Equal(t, "app/save/rows", in.Path())
				launch(ctx, t, in, "row", takes(2*tenth))
				return nil
			}, tree.WithName("rows"))
		})
		pause(tenth)
		children := s.Snapshot().Children
		require.Len(t, children, 1)
		ch := children[0]
		require.Equal(t, []any{"save", policy.SlotRunning, 1, tenth, -1}, []any{ch.Name, ch.State, ch.Incarnation, ch.Age, ch.Messages})
		require.True(t, strings.Contains(ch.Site, "scope_shield_test.go:"), ch.Site)
		require.Len(t, ch.Scopes, 1)
		require.Equal(t, []string{"row running"}, slots(ch.Scopes[0]))
		require.Equal(t, tree.Counts{Running: 1}, s.Counts())

		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.NoError(t, <-answer)
		require.Equal(t, []tree.ChildEnd{{Path: "app/save", Exit: policy.Returned, Phase: tree.PhaseDraining, Age: 2 * tenth}}, report.Children)
		require.NoError(t, s.Close())
		require.Equal(t, []string{"app/save", "app/save/rows/row"}, paths(seen.of(tree.ChildStarted)))
		require.Equal(t, []string{"app/save/rows/row", "app/save"}, paths(seen.of(tree.ChildExited)))
		require.Empty(t, s.Snapshot().Children)
	})
}

// What is shielded is asked for once, and nothing but its caller hears what it
// decided: it is never restarted, and ends no supervisor.
func TestWhatAShieldDecidesIsForItsCallerOnly(t *testing.T) {
	decisions := map[string]error{"an error": errBoom, "Done": policy.Done(errBoom), "Fatal": policy.Fatal(errBoom),
		"ignored": policy.ErrIgnored, "a foreign cancel": context.Canceled, "a foreign deadline": context.DeadlineExceeded}
	for name, decision := range decisions {
		for _, left := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, left=%v", name, left), func(t *testing.T) {
				under(t, allPresets(), func(t *testing.T, p policy.Scope) {
					s, seen := openSupervisor(t, p)
					sibling := launch(t.Context(), t, s, "sibling", blocker)
					ctx, cancel := request(t)
					want := decision
					if left {
						cancel(errReason)
						want = errReason
					}
					runs := 0
					require.Equal(t, want, s.Shield(ctx, "save", func(context.Context) error {
						runs++
						pause(tenth)
						return decision
					}))
					pause(time.Minute)
					require.Equal(t, 1, runs)
					require.Equal(t, []string{"sibling running"}, slots(s.Snapshot()))
					require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
					if decision != policy.ErrIgnored {
						require.Len(t, seen.failures(), 1)
						require.Equal(t, []any{decision, policy.Failed, !left},
							[]any{seen.failures()[0].Err, seen.failures()[0].Exit, seen.failures()[0].Handed})
					}
					_, over := sibling.Exit()
					require.False(t, over)
					require.NoError(t, cancelAndClose(s))
				})
			})
		}
	}
}

// An operator sees a shield as a child: it may be canceled by its handle, which
// means it and nothing else. It is not asked to end, and not started again.
func TestAnOperatorMayCancelAShieldAndNotRestartIt(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		s, _ := openSupervisor(t, p)
		start := time.Now()
		g := &signals{from: start}
		answer := shieldOf(t.Context(), s, "save", g.run(0))
		synctest.Wait() // it is under way
		child, err := s.Child("save")
		require.NoError(t, err)
		var fault *policy.FieldError
		require.ErrorAs(t, s.Restart("save"), &fault)
		impatient, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		require.ErrorIs(t, child.Shutdown(impatient), context.DeadlineExceeded)
		require.NoError(t, s.Remove("save"))
		pause(time.Minute)
		require.Equal(t, []string{"save stopping"}, slots(s.Snapshot()))
		child.Cancel(errReason)
		require.Equal(t, context.Canceled, <-answer)
		require.Equal(t, []time.Duration{2 * time.Minute, 2 * time.Minute}, []time.Duration{g.asked, g.canceled})
		require.Equal(t, errReason, g.cause)
		require.NoError(t, child.Wait(t.Context()))
		require.Equal(t, policy.Canceled, exitOf(t, child))
		require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
		require.NoError(t, cancelAndClose(s))
	})
}

// It stands where its caller does: what it starts may wait for a place, unless its
// caller has one, who waits for it.
func TestAShieldTakesNoPlaceOfALimitAndWhatItStartsDoes(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Limit = 1
		s, _ := openSupervisor(t, p)
		start := time.Now()
		full := make(chan error, 1)
		starts := func(ctx context.Context) error { return s.Go(ctx, takes(tenth)) }
		require.NoError(t, s.Go(t.Context(), func(ctx context.Context) error {
			full <- s.Shield(ctx, "of the task", starts)
			return sleep(ctx, 2*tenth)
		}))
		require.ErrorIs(t, <-full, tree.ErrFull, "it might wait for itself")
		for range 3 {
			shieldOf(t.Context(), s, "save", takes(tenth))
		}
		waits := shieldOf(t.Context(), s, "waits", starts)
		synctest.Wait() // all are under way
		require.Equal(t, tree.Counts{Running: 5, Waiting: 1, Failed: 1, Refused: 1}, s.Counts())
		require.ErrorIs(t, s.TryGo(t.Context(), takes(0)), tree.ErrFull)
		pause(tenth)
		synctest.Wait() // three have ended
		require.Equal(t, tree.Counts{Running: 2, Waiting: 1, Returned: 3, Failed: 1, Refused: 2}, s.Counts(), "and gave back no place")
		require.NoError(t, <-waits)
		require.Equal(t, 2*tenth, time.Since(start))
		s.Drain(nil)
		require.NoError(t, s.Close())
		require.Equal(t, 3*tenth, time.Since(start))
	})
}

// Under an order, what was started later is stopped first: a shield is awaited, within
// the grace, before what it may use is asked to end.
func TestWhatAShieldMayUseIsStoppedAfterItUnderAnOrder(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Order = policy.OrderReverse
		s, _ := openSupervisor(t, p)
		start := time.Now()
		var asked time.Duration
		launch(t.Context(), t, s, "database", func(ctx context.Context) error {
			<-tree.Draining(ctx)
			asked = time.Since(start)
			return nil
		})
		answer := shieldOf(t.Context(), s, "save", takes(tenth))
		synctest.Wait() // it is under way
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.NoError(t, <-answer)
		require.Equal(t, tenth, asked)
		require.Equal(t, []string{"app/save returned", "app/database returned"}, childEnds(report))
		require.NoError(t, s.Close())
	})
}
