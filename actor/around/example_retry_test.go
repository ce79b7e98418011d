package around_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/around"
	"github.com/understudy-go/understudy/policy"
)

// How do I have a message tried again where the world needs a moment?
func ExampleRetry() {
	errBusy := errors.New("busy")
	tries := 0
	run, store, err := actor.Func(actor.Spec[string]{
		Name: "store",
		New: func(context.Context, actor.Ref[string]) (actor.Receiver[string], error) {
			return actor.ReceiverFunc[string](func(_ context.Context, row string) error {
				tries++
				fmt.Println("try", tries, "of", row)
				if tries < 3 {
					return errBusy
				}
				return policy.Done(nil)
			}), nil
		},
		Wrap: []actor.Wrapper[string]{
			around.Retry[string](around.Retries{
				Times: 5,
				Wait:  policy.Backoff{Min: 10 * time.Millisecond},
				When:  func(err error) bool { return errors.Is(err, errBusy) },
			}),
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = store.TrySend("row 7")
	fmt.Println("the actor:", run(context.Background()))
	// Output:
	// try 1 of row 7
	// try 2 of row 7
	// try 3 of row 7
	// the actor: <nil>
}
