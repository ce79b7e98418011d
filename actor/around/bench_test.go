package around_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/around"
)

// letter is as large as a typical message: 40 bytes.
type letter struct {
	ID   int
	Name string
	From *int
	At   int
}

// free is a Waiter and a Breaker that costs nothing.
type free struct{}

func (free) Wait(context.Context) error                      { return nil }
func (free) Allow() (func(error), error)                     { return told, nil }
func told(error)                                             {}
func toldTime(context.Context, letter, time.Duration, error) {}

func begin(ctx context.Context, _ letter) (context.Context, func(error)) { return ctx, told }

// wrappers are those of this package, at their cheapest.
func wrappers() map[string]actor.Wrapper[letter] {
	return map[string]actor.Wrapper[letter]{
		"time":         around.Time(toldTime),
		"trace":        around.Trace(begin),
		"resume":       around.Resume[letter](nil),
		"resume-panic": around.ResumePanic[letter](nil),
		"retry":        around.Retry[letter](around.Retries{}),
		"limit":        around.Limit[letter](free{}),
		"gate":         around.Gate[letter](free{}),
		"timeout":      around.Timeout[letter](time.Second),
	}
}

func nothing() actor.Receiver[letter] {
	return actor.ReceiverFunc[letter](func(context.Context, letter) error { return nil })
}

// A timeout is a context with a timer.
func TestNoWrapperAllocatesForAMessageButTimeout(t *testing.T) {
	for name, w := range wrappers() {
		r := w(nothing())
		got := testing.AllocsPerRun(100, func() {
			if err := r.Receive(context.Background(), letter{}); err != nil {
				t.Error(err)
			}
		})
		if name == "timeout" {
			require.LessOrEqual(t, got, 5.0, name)
			continue
		}
		require.Zero(t, got, name)
	}
}

// BenchmarkWrapper is a handler that does nothing, bare and in each wrapper.
func BenchmarkWrapper(b *testing.B) {
	list := wrappers()
	list["nothing"] = func(next actor.Receiver[letter]) actor.Receiver[letter] { return next }
	for name, w := range list {
		b.Run("in="+name, func(b *testing.B) {
			r, ctx := w(nothing()), b.Context()
			b.ReportAllocs()
			for b.Loop() {
				_ = r.Receive(ctx, letter{})
			}
		})
	}
}

// host is nobody who wants to know.
type host struct{ over chan struct{} }

func (h *host) ID() actor.ID             { return actor.ID{Path: "host"} }
func (h *host) DeadLetter(any, error)    {}
func (h *host) Context() context.Context { return context.Background() }
func (h *host) Serving()                 {}
func (h *host) Up()                      {}
func (h *host) Stuck(actor.Stuck)        {}
func (h *host) Ended(error)              { close(h.over) }

// BenchmarkSendThroughWrapper is a message to an actor whose handler does nothing, sent and handled.
func BenchmarkSendThroughWrapper(b *testing.B) {
	list := wrappers()
	list["nothing"] = nil
	for name, w := range list {
		b.Run("in="+name, func(b *testing.B) {
			spec := actor.Spec[letter]{Name: "a", New: func(context.Context, actor.Ref[letter]) (actor.Receiver[letter], error) { return nothing(), nil }}
			if w != nil {
				spec.Wrap = []actor.Wrapper[letter]{w}
			}
			h := &host{make(chan struct{})}
			spec.Drain = true
			a, err := actor.New(spec, h)
			require.NoError(b, err)
			a.Start()
			ref, ctx := a.Ref(), b.Context()
			b.ReportAllocs()
			for b.Loop() {
				_ = ref.Send(ctx, letter{})
			}
			a.Stop()
			<-h.over
			a.Close()
		})
	}
}
