package tree_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/understudy-go/understudy/tree"
)

// sleep waits for d of the bubble's time, or until ctx ends.
//
// For no time it makes no timer: one that is over already is run by whoever receives
// from it, and under the race detector two who do that at once in one bubble may
// crash the process (Go 1.26: they share the bubble's race context).
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// blocker is a child that returns only when it is canceled.
func blocker(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// drainer is a child that finishes when it is asked to.
func drainer(ctx context.Context) error {
	<-tree.Draining(ctx)
	return nil
}

// stubborn is a child that heeds no signal and returns when gate is closed.
func stubborn(gate <-chan struct{}) func(context.Context) error {
	return func(context.Context) error {
		<-gate
		return nil
	}
}

// trail is what happened, in order.
type trail struct {
	mu    sync.Mutex
	steps []string
}

func (t *trail) add(step string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.steps = append(t.steps, step)
}

func (t *trail) list() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.steps...)
}

// recorder is an observer that keeps what it is told.
type recorder struct {
	mu     sync.Mutex
	events []tree.Event
}

func (r *recorder) Observe(e tree.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

// of returns the events of some kinds, in order.
func (r *recorder) of(kinds ...tree.EventKind) []tree.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []tree.Event
	for _, e := range r.events {
		if slices.Contains(kinds, e.Kind) {
			list = append(list, e)
		}
	}
	return list
}

// failures returns the exits and starts that failed, in order.
func (r *recorder) failures() []tree.Event {
	var list []tree.Event
	for _, e := range r.of(tree.ChildExited, tree.ChildStartFailed) {
		if e.Err != nil {
			list = append(list, e)
		}
	}
	return list
}
