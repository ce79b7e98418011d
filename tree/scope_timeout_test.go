package tree_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// quarter is the time-out of most scenarios: between two and three tenths.
const quarter = 250 * time.Millisecond

// course is a body with three children: they take a tenth of a second, two and
// three, and the body adds 4 shortly before the time-out and 5 shortly after it.
type course struct {
	results  []int
	children []*tree.Child
	after    error // what the body met
}

func (c *course) body(t *testing.T) func(context.Context, *tree.Scope) error {
	return func(ctx context.Context, s *tree.Scope) error {
		for i := range 3 {
			// It is not restarted, in no kind of scope.
			child, err := s.Start(ctx, tree.ChildSpec{Name: fmt.Sprint(i + 1), OnFailure: new(policy.Report), Run: takes(time.Duration(i+1) * tenth)})
			require.NoError(t, err)
			c.children = append(c.children, child)
		}
		for i, d := range []time.Duration{230 * time.Millisecond, 30 * time.Millisecond} {
			if c.after = sleep(ctx, d); c.after != nil {
				return c.after
			}
			c.results = append(c.results, 4+i)
		}
		return nil
	}
}

// ran returns what was done: the body's and the children's, and how many of them
// were canceled.
func (c *course) ran(t *testing.T) (results []int, canceled int) {
	results = slices.Clone(c.results)
	for i, child := range c.children {
		switch exitOf(t, child) {
		case policy.Returned:
			results = append(results, i+1)
		case policy.Canceled:
			canceled++
		}
	}
	return results, canceled
}

// timed are the presets, with a time-out, and a body that may leave before it.
func timed(t *testing.T, d time.Duration, scenario func(t *testing.T, p policy.Scope)) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Timeout = d
		if p.Leave == policy.LeaveCancel || p.Leave == policy.LeaveDrain {
			p.Leave = policy.LeaveWait // the children are to last beyond the body
			p.End = policy.EndWhenEmpty
		}
		scenario(t, p)
	})
}

func TestScope_151_ATimeOutIsAnErrorWhenWorkWasCut(t *testing.T) {
	timed(t, quarter, func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var c course
		var handle *tree.Scope
		body := c.body(t)
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			handle = s
			return body(ctx, s)
		}, tree.WithName("app"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, tree.ErrTimeout)
		require.EqualError(t, err, "tree: app: context deadline exceeded: tree: timed out: app")
		require.Equal(t, quarter, time.Since(start))
		require.Equal(t, context.DeadlineExceeded, c.after)
		results, canceled := c.ran(t)
		require.Equal(t, []int{4, 1, 2}, results)
		require.Equal(t, 1, canceled)
		require.True(t, handle.TimedOut())
	})
}

func TestScope_151_TheMoveOnVariantReturnsNilAndAFlagAndTheCodeAfterTheBlockRuns(t *testing.T) {
	timed(t, quarter, func(t *testing.T, p policy.Scope) {
		p.OnTimeout = policy.TimeoutMovesOn
		start := time.Now()
		var after bool
		require.NoError(t, tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, _ *tree.Scope) error {
			var c course
			var handle *tree.Scope
			body := c.body(t)
			if err := tree.Run(ctx, p, func(ctx context.Context, s *tree.Scope) error {
				handle = s
				require.False(t, s.TimedOut(), "not yet")
				return body(ctx, s)
			}); err != nil {
				return err
			}
			after = true
			require.NoError(t, ctx.Err(), "the one around goes on")
			require.True(t, handle.TimedOut())
			require.Equal(t, quarter, time.Since(start))
			results, canceled := c.ran(t)
			require.Equal(t, []int{4, 1, 2}, results)
			require.Equal(t, 1, canceled)
			return sleep(ctx, tenth)
		}))
		require.True(t, after)
		require.Equal(t, quarter+tenth, time.Since(start))
	})
}

// To move on is about the time-out only: what failed has failed.
func TestScope_151_MovingOnHidesNoFailure(t *testing.T) {
	group, report := policy.TaskGroup, policy.TaskScope
	for _, c := range []struct {
		name   string
		policy policy.Scope
		child  error // of a child, in its clean-up
		body   error
		want   []string
	}{
		{"a child of a group", group, errCleanup, nil, []string{"app/worker: ", "cleanup failed"}},
		{"the body of a group", group, nil, errBody, []string{"body failed"}},
		{"both, of a group", group, errCleanup, errBody, []string{"body failed", "app/worker: ", "cleanup failed"}},
		{"a child that only reports", report, errCleanup, nil, nil},
		{"the body", report, errCleanup, errBody, []string{"body failed"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, how := range []policy.OnTimeout{policy.TimeoutMovesOn, policy.TimeoutFails} {
				synctest.Test(t, func(t *testing.T) {
					p := c.policy
					p.Timeout, p.OnTimeout = quarter, how
					start := time.Now()
					rec := &recorder{}
					var handle *tree.Scope
					err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
						handle = s
						launch(ctx, t, s, "worker", func(ctx context.Context) error {
							<-ctx.Done()
							pause(tenth)
							return errors.Join(ctx.Err(), c.child)
						})
						<-ctx.Done()
						return errors.Join(ctx.Err(), c.body)
					}, tree.WithName("app"), tree.WithObserver(rec))
					require.Equal(t, quarter+tenth, time.Since(start))
					require.True(t, handle.TimedOut())
					if c.child != nil {
						require.Len(t, rec.failures(), 1)
					}
					switch {
					case c.want != nil:
						require.NotErrorIs(t, err, tree.ErrTimeout, "a failure comes first")
						for _, want := range c.want {
							require.ErrorContains(t, err, want)
						}
					case how == policy.TimeoutMovesOn:
						require.NoError(t, err)
					default:
						require.ErrorIs(t, err, tree.ErrTimeout)
						require.NotErrorIs(t, err, errCleanup, "it was reported")
					}
				})
			}
		})
	}
}

func TestScope_152_WhatEndsBeforeTheTimeOutHasNoErrorAndLeavesNoTimer(t *testing.T) {
	timed(t, time.Hour, func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var handle *tree.Scope
		require.NoError(t, tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			handle = s
			_, err := s.Start(ctx, tree.ChildSpec{Name: "worker", OnFailure: new(policy.Report), Run: takes(tenth)})
			return err
		}))
		require.Equal(t, tenth, time.Since(start))
		require.False(t, handle.TimedOut())
		pause(2 * time.Hour)
		require.False(t, handle.TimedOut())
		require.Equal(t, tree.Counts{Returned: 1}, handle.Counts())
	})
}

func TestScopesThatEndBeforeTheirTimeOutLeaveNothingBehind(t *testing.T) {
	p := policy.TaskGroup
	p.Timeout = time.Hour
	flat(t, crowd(100_000), func(n int) {
		for range n {
			if err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
				return errors.Join(s.Go(ctx, takes(0)), s.SetDeadline(time.Now().Add(2*time.Hour)))
			}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// The time-out fires when all the work is done: nothing was cut, and that is no
// error, though the flag is up.
func TestScope_152_ATimeOutThatCutNothingIsNoError(t *testing.T) {
	timed(t, tenth, func(t *testing.T, p policy.Scope) {
		start := time.Now()
		var handle *tree.Scope
		require.NoError(t, tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			handle = s
			_, err := s.Start(ctx, tree.ChildSpec{Name: "worker", OnFailure: new(policy.Report), Run: failsAfter(2*tenth, nil)})
			pause(2 * tenth)
			return err
		}))
		require.Equal(t, 2*tenth, time.Since(start))
		require.True(t, handle.TimedOut())
	})
}
