package around_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/around"
)

// span is how a trace finds what it has put into a context.
type span struct{}

// traced is a Trace that notes what it is told, and puts the name of the message behind
// that of the span around into the context.
func (b *bench) traced(name string) actor.Wrapper[job] {
	return around.Trace(func(ctx context.Context, j job) (context.Context, func(error)) {
		outer, _ := ctx.Value(span{}).(string)
		b.note("%s begins %s in %q", name, j.name, outer)
		return context.WithValue(ctx, span{}, outer+"/"+j.name), func(err error) { b.note("%s ends %s: %v", name, j.name, err) }
	})
}

func TestTraceHandsItsContextToTheHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, b.traced("outer"), b.traced("inner"))
		b.sends(t, job{"1", func(ctx context.Context) error {
			b.note("in %v", ctx.Value(span{}))
			return nil
		}})
		require.Equal(t, []string{`0s outer begins 1 in ""`, `0s inner begins 1 in "/1"`, "0s got 1", "0s in /1/1",
			"0s inner ends 1: <nil>", "0s outer ends 1: <nil>"}, b.told(0))
	})
}

func TestTraceEndsHoweverTheMessageFailed(t *testing.T) {
	for name, way := range waysToFail() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench()
				b.employ(t, b.traced("trace"))
				b.sends(t, way.job)
				require.Equal(t, "0s trace ends x: "+way.want, b.told(0)[2])
			})
		})
	}
}

func TestTraceMayLeaveTheContextAndTheEndAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, around.Trace(func(context.Context, job) (context.Context, func(error)) { return nil, nil }))
		b.sends(t, job{"1", func(ctx context.Context) error { return ctx.Err() }}, fails("2", errBroken))
		require.Equal(t, []string{"0s got 1", "0s got 2", "0s dead 2: broken", "0s ended: broken"}, b.told(0))
	})
}

func TestAnActorThatIsTracedStillKnowsItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.employ(t, b.traced("trace"))
		b.sends(t, job{"1", func(ctx context.Context) error {
			_, err := actor.Ask(ctx, b.worker.Ref(), func(actor.Reply[int]) job { return works("2") })
			return err
		}})
		b.told(0)
		require.Equal(t, actor.ErrSelfAsk, b.lastEnd(t))
	})
}
