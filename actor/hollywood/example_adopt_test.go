package hollywood_test

import (
	"context"
	"fmt"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/hollywood"
	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// Till is a Hollywood actor as it stands.
type Till struct{ cents int }

func (t *Till) Receive(c *hactor.Context) {
	switch m := c.Message().(type) {
	case hactor.Started:
		fmt.Println("started", c.PID())
	case hactor.Stopped:
		fmt.Println("stopped with", t.cents)
	case Deposit:
		if m.Cents < 0 {
			panic("no money")
		}
		t.cents += m.Cents
		c.Respond(t.cents)
	}
}

// How do I supervise a Hollywood actor?
func ExampleSpawn() {
	ctx := context.Background()
	engine, _ := hactor.NewEngine(hactor.NewEngineConfig())
	quiet := tree.WithObserver(tree.ObserverFunc(func(tree.Event) {}))
	err := tree.Run(ctx, policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
		pid, err := hollywood.Spawn(ctx, s, engine, func() hactor.Receiver { return &Till{} },
			hollywood.Adoption{Kind: "till", ID: "one"},
			func(spec *actor.Spec[hactor.Envelope]) { spec.Mailbox = mailbox.Bounded(1000, mailbox.Reject) })
		if err != nil {
			return err
		}
		for _, cents := range []int{4000, 200, -1, 50} {
			total, err := hollywood.Request[int](ctx, engine, pid, Deposit{cents})
			fmt.Println(total, err)
		}
		return nil
	}, quiet)
	fmt.Println("returned:", err)

	// Unordered output:
	// started local/till/one
	// 4000 <nil>
	// 4200 <nil>
	// stopped with 4200
	// 0 actor: no reply: panic: no money
	// started local/till/one
	// 50 <nil>
	// stopped with 50
	// returned: <nil>
}
