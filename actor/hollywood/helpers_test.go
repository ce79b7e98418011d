package hollywood

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/mailbox"
)

// add is what the actors of these tests understand.
type add struct {
	n    int
	from *Sender // answered with the total, if set
	gate <-chan struct{}
}

// trail writes down what happened, in order.
type trail[T any] struct {
	mu  sync.Mutex
	all []T
}

func (t *trail[T]) add(v T) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, v)
}

// told waits until every goroutine of the bubble is blocked, and returns what
// happened since the last call.
func (t *trail[T]) told() []T {
	synctest.Wait()
	t.mu.Lock()
	defer t.mu.Unlock()
	all := t.all
	t.all = nil
	return all
}

func newEngine(t *testing.T) *hactor.Engine {
	t.Helper()
	e, err := hactor.NewEngine(hactor.NewEngineConfig())
	require.NoError(t, err)
	return e
}

// adder runs an actor until the test ends, or stop is called.
func adder(t *testing.T, box mailbox.Spec, got *trail[int]) (ref actor.Ref[add], stop func()) {
	t.Helper()
	total := 0
	run, ref, err := actor.Func(actor.Spec[add]{Name: "adder", Mailbox: box,
		New: func(context.Context, actor.Ref[add]) (actor.Receiver[add], error) {
			return actor.ReceiverFunc[add](func(_ context.Context, m add) error {
				if m.gate != nil {
					<-m.gate
				}
				got.add(m.n)
				total += m.n
				m.from.Respond(total)
				return nil
			}), nil
		}})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); require.NoError(t, <-over) })
	t.Cleanup(stop)
	return ref, stop
}

// deadLetters subscribes to the dead letters of e.
func deadLetters(e *hactor.Engine) *trail[any] {
	dead := &trail[any]{}
	e.Subscribe(e.SpawnFunc(func(c *hactor.Context) {
		if d, ok := c.Message().(hactor.DeadLetterEvent); ok {
			dead.add(d.Message)
		}
	}, "undertaker", hactor.WithInboxSize(4)))
	synctest.Wait() // subscribed
	return dead
}

// recorder is a Receiver that writes down what it is sent.
type recorder struct{ trail[any] }

func (r *recorder) Receive(c *hactor.Context) { r.add(c.Message()) }
