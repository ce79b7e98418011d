package tree_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// pendingStarts asks with ctx for a task, a child and an actor in a full scope, in
// this order, and returns where what they are answered can be received.
func pendingStarts(ctx context.Context, t *testing.T, s *tree.Scope) <-chan error {
	answers := make(chan error, 3)
	run := func(context.Context) error {
		t.Error("what was called off ran")
		return nil
	}
	for _, start := range []func() error{
		func() error { return s.Go(ctx, run) },
		func() error {
			_, err := s.Start(ctx, tree.ChildSpec{Name: "child", Run: run})
			return err
		},
		func() error {
			_, err := tree.Spawn(ctx, s, actor.Spec[int]{Name: "actor", New: func(ctx context.Context, _ actor.Ref[int]) (actor.Receiver[int], error) {
				return nil, run(ctx)
			}})
			return err
		},
	} {
		go func() { answers <- start() }()
		synctest.Wait() // it waits for its place
	}
	require.Empty(t, answers)
	return answers
}

// full is a policy that a single child fills up.
func full(p policy.Scope) policy.Scope {
	p.Limit, p.Stop.Grace = 1, time.Second
	return p
}

func TestScope_124_WhatWaitedForAPlaceAtAShutdownIsNotStartedAndCountedApart(t *testing.T) {
	ends := map[string]struct {
		end    func(s *tree.Scope)
		answer error
		report []int // drained, canceled, not started
	}{
		"drain":  {func(s *tree.Scope) { s.Drain(errReason) }, tree.ErrDraining, []int{1, 0, 3}},
		"cancel": {func(s *tree.Scope) { s.Cancel(errReason) }, tree.ErrClosed, []int{0, 1, 3}},
	}
	for name, c := range ends {
		t.Run(name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				s, seen := openSupervisor(t, full(p))
				launch(t.Context(), t, s, "busy", func(ctx context.Context) error {
					<-tree.Draining(ctx)
					pause(tenth)
					return ctx.Err()
				})
				answers := pendingStarts(t.Context(), t, s)
				require.Equal(t, tree.Counts{Running: 1, Waiting: 3}, s.Counts())
				start := time.Now()
				c.end(s)
				for range cap(answers) {
					require.ErrorIs(t, <-answers, c.answer)
				}
				require.Zero(t, time.Since(start), "who waits is told at once")
				report, err := s.Shutdown(t.Context())
				require.NoError(t, err)
				require.Equal(t, tenth, report.Took)
				require.Equal(t, c.report, []int{report.Drained, report.Canceled, report.NotStarted})
				require.Zero(t, report.Failed)
				require.Contains(t, report.String(), "0 abandoned; 3 not started\n")
				require.Len(t, report.Children, 1)
				require.NoError(t, s.Close())
				require.Equal(t, int64(3), s.Counts().Refused)
				require.Equal(t, int64(1), s.Counts().Started())
				require.Zero(t, s.Counts().Waiting)
				require.Len(t, seen.of(tree.ChildStarted), 1)
			})
		})
	}
}

// A descendant may be one whom the others need to finish: its start waits on
// through the grace, and is called off when that is over.
func TestScope_124_AStartOfTheBodyWaitsOnInTheGraceAndIsCalledOffAfterIt(t *testing.T) {
	for _, c := range []struct {
		name    string
		busy    time.Duration // after it was asked
		answer  error
		started []string
		report  []int // drained, canceled, not started
	}{
		{"a place becomes free", tenth, nil, []string{"last"}, []int{2, 0, 0}},
		{"none does", time.Hour, tree.ErrClosed, nil, []int{0, 1, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				var handle *tree.Scope
				var started trail
				var answer error
				start := time.Now()
				err := tree.Run(t.Context(), full(p), func(ctx context.Context, s *tree.Scope) error {
					handle = s
					launch(ctx, t, s, "busy", func(ctx context.Context) error {
						<-tree.Draining(ctx)
						return sleep(ctx, c.busy)
					})
					s.Drain(errReason)
					answer = s.Go(ctx, func(ctx context.Context) error {
						<-tree.Draining(ctx)
						started.add("last")
						return nil
					})
					if answer == nil {
						synctest.Wait() // the last has ended, which leaving the body need not wait for
					}
					return nil
				}, tree.WithObserver(&recorder{}))
				require.NoError(t, err)
				require.ErrorIs(t, answer, c.answer)
				require.Equal(t, min(c.busy, time.Second), time.Since(start))
				require.Equal(t, c.started, started.list())
				report, err := handle.Shutdown(t.Context())
				require.NoError(t, err)
				require.Equal(t, c.report, []int{report.Drained, report.Canceled, report.NotStarted})
			})
		})
	}
}

func TestScope_124_FixedChildrenWhoseTurnHadNotComeAreNotStarted(t *testing.T) {
	for name, end := range map[string]func(s *tree.Scope){
		"drain":  func(s *tree.Scope) { s.Drain(errReason) },
		"cancel": func(s *tree.Scope) { s.Cancel(errReason) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := openSupervisor(t, policy.SupervisorScope)
				log := &trail{}
				a, _, _, spec := services(log)
				a.startWait = time.Minute
				answer := make(chan error, 1)
				go func() {
					_, err := s.Start(t.Context(), spec)
					answer <- err
				}()
				pause(tenth) // a is on its way up
				sup, err := s.Child("sup")
				require.NoError(t, err)
				inner := scopeOf(t, sup)
				end(s)
				_, err = s.Shutdown(t.Context())
				require.NoError(t, err)
				require.Error(t, <-answer)
				report, err := inner.Shutdown(t.Context())
				require.NoError(t, err)
				require.Equal(t, []string{"start a#1"}, log.list())
				require.Equal(t, 2, report.NotStarted)
				require.Equal(t, 1, report.Drained+report.Canceled)
				require.Equal(t, int64(1), inner.Counts().Started())
			})
		})
	}
}
