package around_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/around"
	"github.com/understudy-go/understudy/policy"
)

var (
	errBroken = errors.New("broken")
	errOther  = errors.New("other")
)

// job is what the actors of these tests are sent.
type job struct {
	name string
	do   func(ctx context.Context) error // nil: nothing
}

// String keeps dead letters readable on a trail.
func (j job) String() string { return j.name }

func works(name string) job { return job{name: name} }

func fails(name string, err error) job {
	return job{name, func(context.Context) error { return err }}
}

func panics(name string) job { return job{name, func(context.Context) error { panic("oh no") }} }

func exits(name string) job {
	return job{name, func(context.Context) error { runtime.Goexit(); return nil }}
}

// pauses takes d of the bubble's time, or until its context ends.
func pauses(name string, d time.Duration) job {
	return job{name, func(ctx context.Context) error {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
}

// bench hosts one actor, the worker, and writes down what it is told.
type bench struct {
	begun  time.Time
	worker *actor.Actor[job]
	ctx    context.Context
	cancel context.CancelFunc

	mu    sync.Mutex
	trail []string
	ended []error
}

func newBench() *bench { return &bench{begun: time.Now()} }

// employ starts a worker that is wrapped, until the end of the test.
func (b *bench) employ(t *testing.T, wrap ...actor.Wrapper[job]) {
	t.Helper()
	var err error
	b.worker, err = actor.New(actor.Spec[job]{Name: "worker", Wrap: wrap,
		New: func(context.Context, actor.Ref[job]) (actor.Receiver[job], error) {
			return actor.ReceiverFunc[job](func(ctx context.Context, j job) error {
				b.note("got %s", j.name)
				if j.do == nil {
					return nil
				}
				return j.do(ctx)
			}), nil
		}}, b)
	require.NoError(t, err)
	t.Cleanup(func() { b.worker.Close(); b.cancel() })
	b.start(t)
}

// start begins an incarnation.
func (b *bench) start(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	b.ctx, b.cancel = actor.Inside(ctx, b.worker), cancel
	go b.worker.Start()
	synctest.Wait() // it is up
}

// sends sends jobs to the worker.
func (b *bench) sends(t *testing.T, jobs ...job) {
	t.Helper()
	for _, j := range jobs {
		require.NoError(t, b.worker.Ref().TrySend(j))
	}
}

func (b *bench) note(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trail = append(b.trail, fmt.Sprintf("%v ", time.Since(b.begun))+fmt.Sprintf(format, args...))
}

// told returns what has happened since the last call by the time d is over.
func (b *bench) told(d time.Duration) []string {
	<-time.After(d)
	synctest.Wait() // what was to happen then has
	b.mu.Lock()
	defer b.mu.Unlock()
	trail := b.trail
	b.trail = nil
	return trail
}

// lastEnd returns what the last incarnation ended with.
func (b *bench) lastEnd(t *testing.T) error {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.NotEmpty(t, b.ended, "no incarnation has ended")
	return b.ended[len(b.ended)-1]
}

func (b *bench) ID() actor.ID                { return actor.ID{Path: "bench/worker"} }
func (b *bench) DeadLetter(m any, why error) { b.note("dead %v: %v", m, why) }
func (b *bench) Context() context.Context    { return b.ctx }
func (b *bench) Serving()                    {}
func (b *bench) Up()                         {}
func (b *bench) Stuck(actor.Stuck)           {}
func (b *bench) Ended(err error) {
	b.note("ended: %v", err)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = append(b.ended, err)
}

// observed is a Time that notes what it is told.
func (b *bench) observed(name string) actor.Wrapper[job] {
	return around.Time(func(_ context.Context, j job, took time.Duration, err error) {
		b.note("%s %s took %v: %v", name, j.name, took, err)
	})
}

// waysToFail are what the handler of "x" does, with what that looks like.
func waysToFail() map[string]struct {
	job  job
	want string
} {
	return map[string]struct {
		job  job
		want string
	}{
		"an error":  {fails("x", errBroken), "broken"},
		"a panic":   {panics("x"), "panic: oh no"},
		"a Goexit":  {exits("x"), "policy: child called runtime.Goexit"},
		"done":      {fails("x", policy.Done(nil)), "policy: done"},
		"not so":    {fails("x", policy.Done(errBroken)), "broken"},
		"and fatal": {fails("x", policy.Fatal(errBroken)), "broken"},
	}
}
