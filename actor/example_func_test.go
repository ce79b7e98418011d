package actor_test

import (
	"context"
	"fmt"
	"sync"

	"github.com/understudy-go/understudy/actor"
)

// group is what errgroup does, in a few lines: the first error cancels the rest.
type group struct {
	wg     sync.WaitGroup
	once   sync.Once
	cancel context.CancelCauseFunc
}

func (g *group) Go(ctx context.Context, f func(context.Context) error) {
	g.wg.Go(func() {
		if err := f(ctx); err != nil {
			g.once.Do(func() { g.cancel(err) })
		}
	})
}

// An actor fits whatever runs a func(context.Context) error. Its panic comes
// back as an error, and to its asker as "nobody knows".
func ExampleFunc() {
	type divide struct {
		by   int
		into actor.Reply[int]
	}
	run, ref, err := actor.Func(actor.Spec[divide]{
		Name: "divider",
		New: func(context.Context, actor.Ref[divide]) (actor.Receiver[divide], error) {
			return actor.ReceiverFunc[divide](func(_ context.Context, d divide) error {
				d.into.Send(84 / d.by)
				return nil
			}), nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	g := &group{cancel: cancel}
	g.Go(ctx, run)
	for _, by := range []int{2, 0} {
		n, err := actor.Ask(context.Background(), ref, func(r actor.Reply[int]) divide {
			return divide{by, r}
		})
		fmt.Println(n, err)
	}
	g.wg.Wait()
	fmt.Println("group:", context.Cause(ctx))
	// Output:
	// 42 <nil>
	// 0 actor: no reply: panic: runtime error: integer divide by zero
	// group: panic: runtime error: integer divide by zero
}
