package tree_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// The last one in line may be the last thing that is left: it is in the books
// before they are closed.
func TestAllWhoAreCalledOffAreInTheReportAlsoWhenTheyAreAllThatIsLeft(t *testing.T) {
	for range 50 {
		under(t, allPresets(), func(t *testing.T, p policy.Scope) {
			s, seen := openSupervisor(t, limited(p, 1))
			launch(t.Context(), t, s, "busy", blocker)
			answers := pendingStarts(t.Context(), t, s)
			s.Cancel(errReason)
			for range cap(answers) {
				require.ErrorIs(t, <-answers, tree.ErrClosed)
			}
			report, err := s.Shutdown(t.Context())
			require.NoError(t, err)
			require.Equal(t, 3, report.NotStarted)
			require.NoError(t, s.Close())
			synctest.Wait() // all has been told
			require.Len(t, seen.of(tree.SpawnRefused), 3)
		})
	}
}
