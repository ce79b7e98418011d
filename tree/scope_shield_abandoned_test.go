package tree_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// A shield that an operator cancels has the kill wait of its scope, and one that
// outlives it is abandoned while the scope stays open.
func TestAShieldThatOutlivesItsOwnCancelIsAbandonedAndItsScopeGoesOn(t *testing.T) {
	for _, stuck := range []policy.Stuck{policy.StuckAbandon, policy.StuckReplace} {
		t.Run(stuck.String(), func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				p.Stop.Kill, p.Stop.Stuck = 10*time.Second, stuck
				start := time.Now()
				s, seen := openSupervisor(t, p)
				answer := shieldOf(t.Context(), s, "save", failsAfter(time.Minute, errBoom))
				synctest.Wait() // it is under way
				child, err := s.Child("save")
				require.NoError(t, err)
				child.Cancel(errReason)
				require.EqualError(t, <-answer, "tree: abandoned: app/save")
				require.Equal(t, 10*time.Second, time.Since(start))
				require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
				require.ErrorIs(t, child.Wait(t.Context()), tree.ErrAbandoned)

				require.NoError(t, s.Shield(t.Context(), "save", takes(time.Second)), "the scope takes more")
				require.Len(t, s.Snapshot().Children, 1)
				pause(time.Minute)
				synctest.Wait() // the observer was told
				late := seen.of(tree.ChildEndedLate)
				require.Len(t, late, 1)
				require.Equal(t, []any{errBoom, false, time.Minute}, []any{late[0].Err, late[0].Handed, late[0].Took})
				require.Empty(t, s.Snapshot().Children)
				require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
				require.NoError(t, cancelAndClose(s), "nothing runs on")
			})
		})
	}
}

// What a nested scope abandons at the end of a kill wait around is handed up by name.
func TestAnAbandonedShieldBelowIsNamedInTheReportAbove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Stop.Kill = 10 * time.Second
		gate := make(chan struct{})
		s, seen := openSupervisor(t, p)
		sup, err := s.Start(t.Context(), supervisorSpec())
		require.NoError(t, err)
		below := scopeOf(t, sup)
		answer := shieldOf(t.Context(), below, "save", stubborn(gate))
		synctest.Wait() // it is under way
		start := time.Now()
		s.Cancel(errReason)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 10*time.Second, time.Since(start))
		require.Len(t, report.Abandoned, 1)
		require.Equal(t, "app/sup/save", report.Abandoned[0].Path)
		require.ErrorIs(t, <-answer, tree.ErrAbandoned)
		require.ErrorIs(t, s.Close(), tree.ErrAbandoned)
		close(gate)
		synctest.Wait() // it has ended, and the observer was told
		require.Equal(t, []string{"app/sup/save"}, paths(seen.of(tree.ChildEndedLate)))
	})
}
