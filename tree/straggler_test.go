package tree_test

import (
	"context"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// stuckOnGate is what the stacks of stragglers are looked through for.
func stuckOnGate(gate <-chan struct{}) { <-gate }

// here returns the file and line n lines below its caller's.
func here(n int) string {
	_, file, line, _ := runtime.Caller(1)
	return filepath.Base(file) + ":" + strconv.Itoa(line+n)
}

func TestAStragglerIsNamedWithPathAgeSiteAndStack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		defer func() { close(gate); synctest.Wait() }()
		s, seen := openSupervisor(t, bounded())
		site := here(1)
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "stuck", Run: func(context.Context) error { stuckOnGate(gate); return nil }})
		require.NoError(t, err)
		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "stuck2", Run: stubborn(gate)})
		require.NoError(t, err)
		require.NoError(t, s.Go(t.Context(), func(context.Context) error { stuckOnGate(gate); return nil }))
		require.NoError(t, s.Go(t.Context(), stubborn(gate)))
		require.NoError(t, sleep(t.Context(), time.Second))
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Len(t, report.Abandoned, 3)

		child := report.Abandoned[0]
		require.Equal(t, "app/stuck", child.Path)
		require.Zero(t, child.Tasks)
		require.Equal(t, 6*time.Second, child.Age)
		require.Equal(t, tree.PhaseCanceling, child.Phase)
		require.Equal(t, site, child.Site)
		require.Contains(t, child.Stack, "tree_test.stuckOnGate")
		require.Contains(t, child.Stack, `"child":"stuck"`)
		require.NotContains(t, child.Stack, "helpers_test.go:", "the other child's")
		require.NotContains(t, report.Abandoned[1].Stack, "stuckOnGate")
		require.Contains(t, report.Abandoned[1].Stack, "helpers_test.go:")

		tasks := report.Abandoned[2]
		require.Equal(t, "app", tasks.Path)
		require.Equal(t, 2, tasks.Tasks)
		require.Empty(t, tasks.Site)
		require.Contains(t, tasks.Stack, "tree_test.stuckOnGate")
		require.Contains(t, tasks.Stack, "helpers_test.go:")
		require.NotContains(t, tasks.Stack, `"child"`)

		synctest.Wait()
		told := seen.of(tree.ChildAbandoned)
		require.Len(t, told, 3)
		require.Equal(t, []any{"app/stuck", site, 6 * time.Second, 1, child.Stack},
			[]any{told[0].Path, told[0].Site, told[0].Took, told[0].Incarnation, told[0].Stack})
		require.Equal(t, 2, told[2].Count)
	})
}

// The golden text leaves out addresses and the frames' exact form, which are the
// runtime's.
func TestTheReportReadsAsAPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		defer func() { close(gate); synctest.Wait() }()
		s, _ := openSupervisor(t, bounded())
		site := here(1)
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "stuck", Run: stubborn(gate)})
		require.NoError(t, err)
		failing := newProbe(&trail{}, "failing")
		failing.stopWait, failing.atStop = 500*ms, errCrash
		_, err = s.Start(t.Context(), failing.spec(policy.Permanent))
		require.NoError(t, err)
		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "polite", Run: drainer})
		require.NoError(t, err)
		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "hard", Run: blocker})
		require.NoError(t, err)
		for range 2 {
			require.NoError(t, s.Go(t.Context(), stubborn(gate)))
		}
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, `app closed after 5s: 2 drained, 1 canceled, 2 abandoned; 1 failed
  reason: tree: shutdown
  returned  app/polite, age 0s
  failed    app/failing, age 500ms: crash
  canceled  app/hard, age 2s; tree: grace of the scope over: tree: shutdown
  abandoned app/stuck, age 5s, started at `+site+`
      STACK
  abandoned app, age 5s, 2 plain tasks
      STACK
`, regexp.MustCompile(`(?m)(^      .*\n)+`).ReplaceAllString(report.String(), "      STACK\n"))
	})
}

func TestAReportNamesTheFirstSixtyFourAndCountsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, bounded())
		for i := range 100 {
			_, err := s.Start(t.Context(), tree.ChildSpec{Name: "c" + strconv.Itoa(i), Run: drainer})
			require.NoError(t, err)
		}
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 100, report.Drained)
		require.Len(t, report.Children, 64)
	})
}

// An operator's stop has the same two bounds; the scope goes on.
func TestAChildThatOutlivesItsOwnStopIsAbandonedAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		s, seen := openSupervisor(t, bounded())
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "stuck", Run: stubborn(gate),
			Stop: policy.Stop{Grace: time.Second, Kill: time.Second}})
		require.NoError(t, err)
		other := startProbes(t, s, &trail{}, policy.Permanent, "other")["other"]
		begun := time.Now()
		_ = child.Shutdown(t.Context())
		require.Equal(t, 2*time.Second, time.Since(begun))
		require.Equal(t, []string{"stuck abandoned", "other running"}, slots(s.Snapshot()))
		synctest.Wait()
		told := seen.of(tree.ChildAbandoned)
		require.Len(t, told, 1)
		require.Contains(t, told[0].Stack, "helpers_test.go:")

		_, err = s.Start(t.Context(), tree.ChildSpec{Name: "stuck", Run: drainer})
		require.ErrorIs(t, err, tree.ErrDuplicate, "its name is not free while it runs")
		close(gate)
		synctest.Wait()
		require.Equal(t, policy.SlotStopped, child.State())
		late := seen.of(tree.ChildEndedLate)
		require.Len(t, late, 1)
		require.Equal(t, 2*time.Second, late[0].Took)
		require.EqualValues(t, 1, other.starts.Load())
		require.NoError(t, s.Restart("stuck"))
		synctest.Wait()
		exit, _ := child.Exit()
		require.Equal(t, policy.Returned, exit)
		require.Greater(t, child.Incarnation(), 1, "it can be started again")
	})
}

// A child that was abandoned by an operator's stop still runs when its scope ends.
func TestAChildAbandonedBeforeTheShutdownIsInTheReportOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		defer func() { close(gate); synctest.Wait() }()
		s, _ := openSupervisor(t, bounded())
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: "stuck", Run: stubborn(gate)})
		require.NoError(t, err)
		_ = child.Shutdown(t.Context())
		require.Equal(t, policy.SlotAbandoned, child.State())
		require.NoError(t, sleep(t.Context(), time.Minute))
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Zero(t, report.Took, "nobody waits for it again")
		require.False(t, report.Clean())
		require.Len(t, report.Abandoned, 1)
		require.Equal(t, "app/stuck", report.Abandoned[0].Path)
		require.Equal(t, 5*time.Second, report.Abandoned[0].Age, "as it was when it was given up on")
		require.Contains(t, report.Abandoned[0].Stack, "helpers_test.go:")
		require.ErrorIs(t, s.Close(), tree.ErrAbandoned)
	})
}

// A nested scope that closed with a straggler stays listed; it is not a task.
func TestAPlainTaskBesideAnAbandonedNestedScopeIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		defer func() { close(gate); synctest.Wait() }()
		s, _ := openSupervisor(t, bounded())
		require.NoError(t, s.Go(t.Context(), func(ctx context.Context) error {
			_ = tree.Run(ctx, bounded(), func(ctx context.Context, inner *tree.Scope) error {
				_, err := inner.Start(ctx, tree.ChildSpec{Name: "stuck", Run: stubborn(gate)})
				return err
			}, tree.WithName("inner"))
			<-gate
			return nil
		}))
		require.NoError(t, sleep(t.Context(), time.Minute))
		require.Equal(t, 1, s.Snapshot().Tasks)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.False(t, report.Clean())
		var lost []string
		for _, a := range report.Abandoned {
			lost = append(lost, a.Path+" "+strconv.Itoa(a.Tasks))
		}
		require.ElementsMatch(t, []string{"app 1", "app/inner/stuck 0"}, lost)
		require.ErrorIs(t, s.Close(), tree.ErrAbandoned)
	})
}

func TestALateFinisherIsReportedWithItsError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, bounded())
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "late", Run: func(ctx context.Context) error {
			<-ctx.Done()
			after := time.NewTimer(time.Hour)
			defer after.Stop()
			<-after.C
			return errCrash
		}})
		require.NoError(t, err)
		require.NoError(t, s.Go(t.Context(), func(ctx context.Context) error {
			<-ctx.Done()
			after := time.NewTimer(2 * time.Hour)
			defer after.Stop()
			<-after.C
			panic("too late")
		}))
		begun := time.Now()
		require.ErrorIs(t, s.Close(), tree.ErrAbandoned)
		require.NoError(t, sleep(t.Context(), 3*time.Hour))
		late := seen.of(tree.ChildEndedLate)
		require.Len(t, late, 2)
		require.Equal(t, "app/late", late[0].Path)
		require.Equal(t, policy.Failed, late[0].Exit)
		require.ErrorIs(t, late[0].Err, errCrash)
		require.Equal(t, time.Hour+2*time.Second, late[0].Time.Sub(begun))
		require.Equal(t, "app", late[1].Path)
		require.Equal(t, policy.Panicked, late[1].Exit)
		require.ErrorContains(t, late[1].Err, "panic: too late")
		require.Equal(t, 2*time.Hour+2*time.Second, late[1].Time.Sub(begun))
		require.Empty(t, seen.failures(), "they are not ordinary exits")
	})
}

func TestAClosedScopeIsSeenUntilItsLastStragglerHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		s, _ := openSupervisor(t, bounded())
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "stuck", Run: stubborn(gate)})
		require.NoError(t, err)
		require.ErrorIs(t, s.Close(), tree.ErrAbandoned)
		require.True(t, isRoot(s))
		close(gate)
		synctest.Wait()
		require.False(t, isRoot(s))
	})
}

func TestAClosedRootIsSeenUntilTheLastStragglerBelowHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		s, _ := openSupervisor(t, bounded())
		_, err := s.Start(t.Context(), tower(tree.ChildSpec{Name: "leaf", Run: stubborn(gate)}, new(policy.SupervisorScope)))
		require.NoError(t, err)
		require.ErrorIs(t, s.Close(), tree.ErrAbandoned)
		seen := isRoot(s)
		close(gate)
		synctest.Wait()
		require.True(t, seen)
		require.False(t, isRoot(s))
	})
}

// isRoot reports whether s is among the live roots.
func isRoot(s *tree.Scope) bool {
	for r := range tree.Roots() {
		if r.Ref() == s.Ref() {
			return true
		}
	}
	return false
}
