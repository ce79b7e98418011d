package tree_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// ended is what a test compares of a child's end.
type ended struct {
	path  string
	exit  policy.Exit
	phase tree.Phase
	cause string // "" for none
	text  string
}

func endedOf(r *tree.ShutdownReport) []ended {
	var list []ended
	for _, e := range r.Children {
		one := ended{e.Path, e.Exit, e.Phase, "", e.Text}
		if e.Cause != nil {
			one.cause = e.Cause.Error()
		}
		list = append(list, one)
	}
	return list
}

// crew starts children that end in every way in a scope whose grace is 2 s.
func crew(t *testing.T, s *tree.Scope) {
	for _, spec := range []tree.ChildSpec{
		{Name: "quick", Run: drainer},
		{Name: "fails", Run: func(ctx context.Context) error { <-tree.Draining(ctx); pause(tenth); return errBoom }},
		{Name: "short", Run: blocker, Stop: policy.Stop{Grace: time.Second}},
		{Name: "slow", Run: blocker},
		{Name: "dirty", Run: cleansUp(tenth, errCleanup)},
		{Name: "deaf", Run: failsAfter(2*time.Second+2*tenth, nil)},
	} {
		_, err := s.Start(t.Context(), spec)
		require.NoError(t, err)
	}
}

const (
	causeOfScope = "tree: grace of the scope over: reason"
	causeOfChild = "tree: grace of the child over"
)

func TestAReportSaysOfEachChildInWhichPhaseItEndedAndWhyItWasCanceled(t *testing.T) {
	under(t, []preset{{"TaskScope", policy.TaskScope}, {"CancellationScope", policy.CancellationScope}, {"SupervisorScope", policy.SupervisorScope}},
		func(t *testing.T, p policy.Scope) {
			p.Stop.Grace = 2 * time.Second
			s, _ := openSupervisor(t, p)
			crew(t, s)
			s.Drain(errReason)
			report, err := s.Shutdown(t.Context())
			require.NoError(t, err)
			require.Equal(t, []ended{
				{"app/quick", policy.Returned, tree.PhaseDraining, "", ""},
				{"app/fails", policy.Failed, tree.PhaseDraining, "", "boom"},
				{"app/short", policy.Canceled, tree.PhaseDraining, causeOfChild, "context canceled"},
				{"app/slow", policy.Canceled, tree.PhaseCanceling, causeOfScope, "context canceled"},
				{"app/dirty", policy.Failed, tree.PhaseCanceling, causeOfScope, "cleanup failed"},
				{"app/deaf", policy.Returned, tree.PhaseCanceling, causeOfScope, ""},
			}, endedOf(report))
			for _, e := range report.Children[3:] {
				require.ErrorIs(t, e.Cause, errReason)
			}
			require.Equal(t, []int{3, 3, 2, 0, 0}, []int{report.Drained, report.Canceled, report.Failed, report.NotStarted, len(report.Abandoned)})
			require.Equal(t, errReason, report.Reason)
			require.True(t, report.Clean())
			require.Equal(t, `app closed after 2.2s: 3 drained, 3 canceled, 0 abandoned; 2 failed
  reason: reason
  returned  app/quick, age 0s
  failed    app/fails, age 100ms: boom
  canceled  app/short, age 1s; tree: grace of the child over
  canceled  app/slow, age 2s; tree: grace of the scope over: reason
  failed    app/dirty, age 2.1s: cleanup failed; tree: grace of the scope over: reason
  returned  app/deaf, age 2.2s; tree: grace of the scope over: reason
`, report.String())
		})
}

// A report in the middle says what is so far.
func TestAReportSoFarHasThoseWhoHaveEndedSoFar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.TaskScope
		p.Stop.Grace = 2 * time.Second
		s, _ := openSupervisor(t, p)
		crew(t, s)
		s.Drain(errReason)
		report, err := s.Shutdown(impatient(t, time.Second+tenth))
		require.Equal(t, errEnough, err)
		require.Equal(t, tree.PhaseDraining, report.Phase)
		require.Equal(t, []int{3, 0, 1}, []int{report.Drained, report.Canceled, report.Failed})
		require.Equal(t, time.Second+tenth, report.Took)
		require.Len(t, report.Children, 3)
		require.False(t, report.Clean())
		require.Contains(t, report.String(), "app draining after 1.1s: 3 drained, 0 canceled, 0 abandoned; 1 failed\n  reason: reason\n")
		final, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Len(t, report.Children, 3, "it is a copy")
		require.Len(t, final.Children, 6)
	})
}

// Whatever the cancel is for, the children's causes are it.
func TestTheCauseInAReportIsThatOfTheCancel(t *testing.T) {
	cancels := map[string]struct {
		cancel func(s *tree.Scope, outside context.CancelCauseFunc)
		cause  string
	}{
		"Cancel":   {func(s *tree.Scope, _ context.CancelCauseFunc) { s.Cancel(errReason) }, "reason"},
		"no cause": {func(s *tree.Scope, _ context.CancelCauseFunc) { s.Cancel(nil) }, "tree: canceled"},
		"outside":  {func(_ *tree.Scope, outside context.CancelCauseFunc) { outside(errReason) }, "reason"},
		"deadline": {func(s *tree.Scope, _ context.CancelCauseFunc) { _ = s.SetDeadline(time.Now()) }, "tree: timed out: app"},
	}
	for name, c := range cancels {
		t.Run(name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				outside, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				s, err := tree.Open(outside, p, tree.WithName("app"), tree.WithObserver(&recorder{}))
				require.NoError(t, err)
				launch(t.Context(), t, s, "child", blocker)
				own := launch(t.Context(), t, s, "own", cleansUp(tenth, context.Canceled))
				own.Cancel(errBang)
				c.cancel(s, cancel)
				report, err := s.Shutdown(t.Context())
				require.NoError(t, err)
				require.Equal(t, []ended{
					{"app/child", policy.Canceled, tree.PhaseCanceling, c.cause, "context canceled"},
					{"app/own", policy.Canceled, tree.PhaseCanceling, "bang", "context canceled"},
				}, endedOfAnyText(report))
				require.Equal(t, []int{0, 2}, []int{report.Drained, report.Canceled})
				_ = s.Close()
			})
		})
	}
}

// endedOfAnyText is endedOf with one text for every cancel.
func endedOfAnyText(r *tree.ShutdownReport) []ended {
	list := endedOf(r)
	for i := range list {
		if list[i].exit == policy.Canceled {
			list[i].text = "context canceled"
		}
	}
	return list
}

func TestCountsAreLiveAndThoseOfTheEndRemain(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Limit = 3
		s, _ := openSupervisor(t, p)
		require.Equal(t, tree.Counts{}, s.Counts())
		require.NoError(t, s.Go(t.Context(), takes(tenth)))
		launch(t.Context(), t, s, "child", drainer)
		require.NoError(t, s.Go(t.Context(), failsAfter(2*tenth, policy.Done(nil))))
		waiting := answerOf(func() error { return s.Go(t.Context(), drainer) })
		synctest.Wait() // it waits
		require.Equal(t, tree.Counts{Running: 3, Waiting: 1}, s.Counts())
		require.ErrorIs(t, s.TryGo(t.Context(), drainer), tree.ErrFull)
		require.Equal(t, tree.Counts{Running: 3, Waiting: 1, Refused: 1}, s.Counts())
		require.Equal(t, int64(3), s.Counts().Started())
		require.Equal(t, s.Snapshot().Counts, s.Counts())
		require.Equal(t, 2, s.Snapshot().Tasks)
		pause(tenth)
		require.NoError(t, <-waiting)
		synctest.Wait() // the one before has gone for good
		require.Equal(t, tree.Counts{Running: 3, Returned: 1, Refused: 1}, s.Counts())
		require.Equal(t, int64(4), s.Counts().Started())
		s.Cancel(nil)
		_ = s.Close()
		n := s.Counts()
		require.Equal(t, []int64{0, 0, 4}, []int64{n.Running, n.Waiting, n.Started()})
		require.Equal(t, tree.Counts{}, (&tree.Scope{}).Counts())
	})
}

// The body is no task, and a scope nested in another counts its own.
func TestTheBodyIsNotCountedNorIsWhatRunsInANestedScope(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		require.NoError(t, tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			require.Equal(t, tree.Counts{}, s.Counts())
			require.Zero(t, s.Snapshot().Tasks)
			err := tree.Run(ctx, p, func(ctx context.Context, inner *tree.Scope) error {
				require.NoError(t, inner.Go(ctx, takes(0)))
				require.Equal(t, tree.Counts{}, s.Counts())
				return nil
			})
			require.Equal(t, tree.Counts{}, s.Counts())
			return err
		}))
	})
}

func TestADrainForAReasonNamesItInTheReportAndToThoseWhoseGraceIsOver(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace = tenth
		s, seen := openSupervisor(t, p)
		g := &signals{from: time.Now()}
		launch(t.Context(), t, s, "child", g.run(0))
		start := time.Now()
		s.Drain(errReason)
		require.Zero(t, time.Since(start), "it does not wait")
		s.Drain(errBang)
		s.Drain(nil)
		require.NoError(t, s.Wait(t.Context()))
		require.Equal(t, []time.Duration{0, tenth}, []time.Duration{g.asked, g.canceled})
		require.EqualError(t, g.cause, causeOfScope)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, errReason, report.Reason)
		require.NoError(t, s.Close())
		draining := seen.of(tree.ScopeDraining)
		require.Len(t, draining, 1)
		require.Equal(t, errReason, draining[0].Err)
		(&tree.Scope{}).Drain(errReason) // has ended long ago
	})
}

func TestADrainWithoutAReasonOrAfterACancelIsAPlainOneOrTooLate(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		s, _ := openSupervisor(t, p)
		s.Drain(nil)
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.EqualError(t, report.Reason, "tree: shutdown")

		s, seen := openSupervisor(t, p)
		launch(t.Context(), t, s, "child", cleansUp(tenth, context.Canceled))
		s.Cancel(errReason)
		s.Drain(errBang)
		report, err = s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, errReason, report.Reason)
		require.Empty(t, seen.of(tree.ScopeDraining))
	})
}
