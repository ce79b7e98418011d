package tree_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// TestAnyStreamDoesWhatAClockAndTwoCountersSay plays random streams: of any number
// of items, limits, delays of the source, the work and the loop, failures, panics,
// items that heed no cancel, loops left early, contexts that end. Pairs, their
// order, their times and the time of the end are those of the model; limit and
// window hold at every moment; and no goroutine is left, or the bubble would not
// end.
func TestAnyStreamDoesWhatAClockAndTwoCountersSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawStream(t)
		want := modelStream(p)
		rapid.SyncTest(t, func(t *rapid.T) {
			var got streamOutcome
			err := tree.Run(context.Background(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
				got = playStream(ctx, t, p)
				require.Empty(t, s.Snapshot().Scopes, "nothing of the stream is left")
				return nil
			}, nobody())
			require.NoError(t, err)
			require.Equal(t, want, got, "plan: %v", p)
		})
	})
}

// drawStream draws a plan.
func drawStream(t *rapid.T) *streamPlan {
	bits := 0
	draw := func(name string, units int) time.Duration {
		bits++
		return time.Duration(rapid.IntRange(0, units).Draw(t, name))*unit + 1<<(bits-1)
	}
	limit := rapid.IntRange(1, 4).Draw(t, "limit")
	p := &streamPlan{spec: tree.StreamSpec{
		Limit:     limit,
		Window:    rapid.SampledFrom([]int{0, limit, limit + 1, limit + 3}).Draw(t, "window"),
		Timeout:   time.Duration(rapid.SampledFrom([]int{0, 0, 3, 5}).Draw(t, "timeout")) * unit,
		Unordered: rapid.Bool().Draw(t, "unordered"),
	}}
	for range rapid.IntRange(0, 11).Draw(t, "items") {
		item := itemPlan{work: draw("work", 8), source: draw("source", 2), consumer: draw("consumer", 2)}
		item.deaf = rapid.IntRange(0, 4).Draw(t, "deaf") == 0
		item.outcome = rapid.SampledFrom([]string{"", "", "", "boom", "panic"}).Draw(t, "outcome")
		item.reaction = item.work%unit + time.Duration(rapid.IntRange(0, 2).Draw(t, "reaction"))*unit
		p.items = append(p.items, item)
	}
	p.through = draw("through", 1)
	p.ctxEnd = draw("context ends", 60)
	p.leave = rapid.IntRange(0, 2*len(p.items)).Draw(t, "leave")
	return p
}

// playStream does what the plan says.
func playStream(ctx context.Context, t *rapid.T, p *streamPlan) (got streamOutcome) {
	start := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, p.ctxEnd, errReason)
	defer cancel()
	taken, limit, window := 0, p.spec.Limit, max(p.spec.Window, p.spec.Limit)
	if p.spec.Window == 0 {
		window = 2 * limit
	}
	src := func(yield func(int) bool) {
		for i, item := range p.items {
			pause(item.source)
			taken++
			if len(got.pairs) < taken-window {
				t.Errorf("%d taken, %d yielded, window %d", taken, len(got.pairs), window)
			}
			if !yield(i) {
				return
			}
		}
		pause(p.through)
	}
	var atWork atomic.Int64
	for i, err := range tree.Stream(ctx, src, p.spec, func(ctx context.Context, i int) (int, error) {
		if n := atWork.Add(1); n > int64(limit) {
			t.Errorf("%d at work, limit %d", n, limit)
		}
		defer atWork.Add(-1)
		return i, p.items[i].do(ctx)
	}) {
		pair := streamPair{i, kindOf(err), time.Since(start)}
		if item, ok := errors.AsType[*tree.ItemError](err); ok {
			pair.item = item.Index
		} else if err != nil {
			pair.item = -1
		}
		got.pairs = append(got.pairs, pair)
		if pair.item < 0 {
			continue
		}
		pause(p.items[len(got.pairs)-1].consumer)
		if len(got.pairs) == p.leave {
			break
		}
	}
	got.took = time.Since(start)
	return got
}

// do is the work on one item.
func (item *itemPlan) do(ctx context.Context) error {
	if item.deaf {
		pause(item.work)
	} else if err := sleep(ctx, item.work); err != nil {
		pause(item.reaction)
		return err
	}
	switch item.outcome {
	case "boom":
		return errBoom
	case "panic":
		panic("oh")
	}
	return nil
}

// kindOf puts an error of a stream into the model's words.
func kindOf(err error) string {
	_, isPanic := errors.AsType[*policy.PanicError](err)
	item, isItem := errors.AsType[*tree.ItemError](err)
	switch {
	case err == nil:
		return ""
	case isPanic:
		return "panic"
	case errors.Is(err, tree.ErrTimeout):
		return "timeout"
	case isItem && item.Err == errReason:
		return "refused"
	case isItem && errors.Is(err, context.DeadlineExceeded):
		return "canceled"
	case isItem && errors.Is(err, errBoom):
		return "boom"
	case errors.Is(err, errReason) && errors.Is(err, context.DeadlineExceeded):
		return "cut"
	}
	return err.Error()
}
