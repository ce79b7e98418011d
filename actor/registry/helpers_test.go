package registry_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/registry"
)

type (
	ref   = actor.Ref[string]
	names = registry.Names[string, string]
)

// fake is the target of an actor that takes messages and ends, in the two steps of a
// real one, which a test can come in between.
type fake struct {
	name string

	mu    sync.Mutex
	room  int // for so many messages more
	got   []string
	ended bool
	hooks []*hook // who is to be told of the end
}

type hook struct{ told func(error) }

func newFake(name string) *fake { return &fake{name: name, room: 1_000_000} }

// newRef returns the address of a new fake.
func newRef(name string) ref { return newFake(name).ref() }

func (f *fake) ref() ref { return actor.NewRef[string](f) }

func (f *fake) ID() actor.ID { return actor.ID{Path: f.name} }

// Put waits for room in steps of a second.
func (f *fake) Put(ctx context.Context, e actor.Envelope[string]) error {
	for {
		err := f.TryPut(e)
		if err != actor.ErrFull {
			return err
		}
		if pause(ctx, time.Second) != nil {
			return context.Cause(ctx)
		}
	}
}

func (f *fake) TryPut(e actor.Envelope[string]) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.ended:
		return actor.ErrStopped
	case f.room == 0:
		return actor.ErrFull
	}
	f.room--
	f.got = append(f.got, e.Message)
	return nil
}

// takes says for how many messages there is room.
func (f *fake) takes(n int) *fake {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.room = n
	return f
}

// messages returns what was taken.
func (f *fake) messages() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.got)
}

func (f *fake) AfterEnd(told func(why error)) (stop func() bool) {
	h := &hook{told}
	f.mu.Lock()
	ended := f.ended
	if !ended {
		f.hooks = append(f.hooks, h)
	}
	f.mu.Unlock()
	if ended {
		told(actor.ErrStopped)
	}
	return func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		i := slices.Index(f.hooks, h)
		if i < 0 {
			return false
		}
		f.hooks = slices.Delete(f.hooks, i, i+1)
		return true
	}
}

// watchers returns how many are to be told of the end.
func (f *fake) watchers() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.hooks)
}

// close ends the actor; tell then tells those who wait for that.
func (f *fake) close() (tell func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = true
	hooks := f.hooks
	f.hooks = nil
	return func() {
		for _, h := range hooks {
			h.told(nil)
		}
	}
}

// reopen has the actor started again.
func (f *fake) reopen() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = false
}

// end does both.
func (f *fake) end() { f.close()() }

// pause waits for d of the bubble's time, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
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
	return slices.Clone(t.steps)
}

// second returns the error of two results.
func second[T any](_ T, err error) error { return err }

func nothing(context.Context) error { return nil }

func nobody([]registry.Entry[string]) error { return nil }

func same(old any) any { return old }
