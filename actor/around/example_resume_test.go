package around_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/around"
)

// line is a line of a file, to be added up.
type line struct {
	text  string
	total actor.Reply[int]
}

// newAdder makes an actor that fails on a line that is no number.
func newAdder(context.Context, actor.Ref[line]) (actor.Receiver[line], error) {
	total := 0
	return actor.ReceiverFunc[line](func(_ context.Context, l line) error {
		n, err := strconv.Atoi(l.text)
		if err != nil {
			return err // total is what it was
		}
		total += n
		l.total.Send(total)
		return nil
	}), nil
}

// How do I keep an actor's state over failures that have not touched it?
func ExampleResume() {
	run, adder, err := actor.Func(actor.Spec[line]{
		Name: "adder",
		New:  newAdder,
		Wrap: []actor.Wrapper[line]{
			around.Resume[line](func(err error) bool { return errors.Is(err, strconv.ErrSyntax) }),
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error)
	go func() { over <- run(ctx) }()

	for _, text := range []string{"40", "two", "2", "99999999999999999999"} {
		total, err := actor.Ask(ctx, adder, func(r actor.Reply[int]) line { return line{text, r} })
		fmt.Println(total, err)
	}
	fmt.Println("the actor:", <-over)
	cancel()
	// Output:
	// 40 <nil>
	// 0 actor: no reply: strconv.Atoi: parsing "two": invalid syntax
	// 42 <nil>
	// 0 actor: no reply: strconv.Atoi: parsing "99999999999999999999": value out of range
	// the actor: strconv.Atoi: parsing "99999999999999999999": value out of range
}
