package tree_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// The tests named TestScope_NNN_… are the lines of that number in the list of
// scope scenarios; the others beside them are lines that the list might have.
var (
	errBoom    = errors.New("boom")
	errBang    = errors.New("bang")
	errCleanup = errors.New("cleanup failed")
	errBody    = errors.New("body failed")
	errReason  = errors.New("reason")
)

// tenth is the step of most scenarios.
const tenth = 100 * time.Millisecond

// preset is a policy to run a scenario under.
type preset struct {
	name   string
	policy policy.Scope
}

// autoPresets end when they are empty.
func autoPresets() []preset {
	return []preset{{"TaskGroup", policy.TaskGroup}, {"TaskScope", policy.TaskScope}}
}

// taskPresets never abandon.
func taskPresets() []preset {
	return append(autoPresets(), preset{"CancellationScope", policy.CancellationScope})
}

// allPresets are the four of package policy.
func allPresets() []preset {
	return append(taskPresets(), preset{"SupervisorScope", policy.SupervisorScope})
}

// under runs a scenario in a bubble of its own for each policy.
func under(t *testing.T, presets []preset, scenario func(t *testing.T, p policy.Scope)) {
	t.Helper()
	for _, p := range presets {
		t.Run(p.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { scenario(t, p.policy) })
		})
	}
}

// pause waits for d of the bubble's time, whatever is canceled meanwhile.
func pause(d time.Duration) { _ = sleep(context.Background(), d) }

// takes is a child that needs d, unless it is canceled before.
func takes(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error { return sleep(ctx, d) }
}

// failsAfter is a child that fails with err after d, canceled or not.
func failsAfter(d time.Duration, err error) func(context.Context) error {
	return func(context.Context) error {
		pause(d)
		return err
	}
}

// cleansUp is a child that waits for its cancel, needs d more, and returns err.
func cleansUp(d time.Duration, err error) func(context.Context) error {
	return func(ctx context.Context) error {
		<-ctx.Done()
		pause(d)
		return err
	}
}

// launch starts a child, which must work, and returns its handle.
func launch(ctx context.Context, t *testing.T, s *tree.Scope, name string, run func(context.Context) error) *tree.Child {
	t.Helper()
	child, err := s.Start(ctx, tree.ChildSpec{Name: name, Run: run})
	require.NoError(t, err)
	return child
}

// exitOf returns how a child ended, which it must have.
func exitOf(t *testing.T, child *tree.Child) policy.Exit {
	t.Helper()
	exit, over := child.Exit()
	require.True(t, over, "%v has not ended", child)
	return exit
}

// leavesOf returns the errors that a cancel-together scope kept.
func leavesOf(t *testing.T, err error) []error {
	t.Helper()
	var all *tree.Errors
	require.ErrorAs(t, err, &all)
	return all.Unwrap()
}

// paths returns where events happened, in order.
func paths(events []tree.Event) []string {
	var list []string
	for _, e := range events {
		list = append(list, e.Path)
	}
	return list
}
