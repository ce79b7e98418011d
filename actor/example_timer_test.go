package actor_test

import (
	"context"
	"fmt"
	"time"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
)

// batchMsg is what a batch understands: a line, or that it is time to write.
type batchMsg struct {
	line  string
	flush bool
}

// batch collects lines, and writes them together a moment after the first of them.
type batch struct {
	self  actor.Ref[batchMsg]
	lines []string
}

func newBatch(_ context.Context, self actor.Ref[batchMsg]) (actor.Receiver[batchMsg], error) {
	return &batch{self: self}, nil
}

func (b *batch) Receive(ctx context.Context, m batchMsg) error {
	if m.flush {
		fmt.Println(len(b.lines), "lines:", b.lines)
		b.lines = nil
		return policy.Done(nil)
	}
	b.lines = append(b.lines, m.line)
	if len(b.lines) > 1 {
		return nil
	}
	_, err := b.self.After(ctx, 10*time.Millisecond, batchMsg{flush: true})
	return err
}

// A timer sends an actor a message of its own. It needs no lock, for the tick is handled
// as any message is; and a restart need not know of it, for it ends with the incarnation.
func ExampleRef_After() {
	run, ref, err := actor.Func(actor.Spec[batchMsg]{Name: "batch", New: newBatch})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, line := range []string{"a", "b", "c"} {
		_ = ref.TrySend(batchMsg{line: line})
	}
	fmt.Println(run(context.Background()))
	// Output:
	// 3 lines: [a b c]
	// <nil>
}

// A heartbeat that is stopped after the third beat.
func ExampleRef_Every() {
	run, _, err := actor.Func(actor.Spec[string]{
		Name: "heart",
		New: func(ctx context.Context, self actor.Ref[string]) (actor.Receiver[string], error) {
			beat, err := self.Every(ctx, time.Millisecond, "beat")
			beats := 0
			return actor.ReceiverFunc[string](func(_ context.Context, m string) error {
				beats++
				fmt.Println(m, beats)
				if beats < 3 {
					return nil
				}
				fmt.Println("in time:", beat.Stop())
				return policy.Done(nil)
			}), err
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(run(context.Background()))
	// Output:
	// beat 1
	// beat 2
	// beat 3
	// in time: true
	// <nil>
}

// session is an actor that ends when nobody has sent to it for a while.
type session struct{ requests int }

func (s *session) Receive(context.Context, string) error {
	s.requests++
	return nil
}

func (s *session) Idle(context.Context) error {
	fmt.Println("nobody is there any more, after", s.requests, "requests")
	return policy.Done(nil)
}

func ExampleIdler() {
	run, ref, err := actor.Func(actor.Spec[string]{
		Name:      "session",
		IdleAfter: 10 * time.Millisecond,
		New:       func(context.Context, actor.Ref[string]) (actor.Receiver[string], error) { return &session{}, nil },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = ref.TrySend("hello")
	_ = ref.TrySend("bye")
	fmt.Println(run(context.Background()))
	fmt.Println(ref.TrySend("too late"))
	// Output:
	// nobody is there any more, after 2 requests
	// <nil>
	// actor: stopped
}
