package hollywood_test

import (
	"context"
	"fmt"
	"time"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/hollywood"
)

// Deposit comes from Hollywood's world, where messages have no type.
type Deposit struct{ Cents int }

// booking is what the account here understands.
type booking struct {
	cents int
	from  *hollywood.Sender
}

func newAccount(context.Context, actor.Ref[booking]) (actor.Receiver[booking], error) {
	balance := 0
	return actor.ReceiverFunc[booking](func(_ context.Context, b booking) error {
		balance += b.cents
		b.from.Respond(balance)
		return nil
	}), nil
}

// A supervised actor of this module answers a Request of a Hollywood engine.
func ExampleExpose() {
	run, ref, err := actor.Func(actor.Spec[booking]{Name: "account", New: newAccount})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error)
	go func() { over <- run(ctx) }()

	engine, _ := hactor.NewEngine(hactor.NewEngineConfig())
	pid, unexpose, err := hollywood.Expose(engine, ref, hollywood.Options[booking]{
		Kind: "account", ID: "savings",
		Accept: func(message any, from *hollywood.Sender) (booking, bool) {
			d, ok := message.(Deposit)
			return booking{d.Cents, from}, ok
		},
		Refused: func(r hollywood.Refusal) { fmt.Printf("refused %v: %v\n", r.Message, r.Err) },
	})
	fmt.Println(pid, err)

	engine.Send(pid, Deposit{4000})
	engine.Send(pid, "forty-two")
	balance, err := engine.Request(pid, Deposit{200}, time.Second).Result()
	fmt.Println(balance, err)

	unexpose()
	cancel()
	fmt.Println(<-over)
	// Output:
	// local/account/savings <nil>
	// refused forty-two: hollywood: message of another type
	// 4200 <nil>
	// <nil>
}
