package tree_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// How do I describe a whole program as one value and start it?
func ExampleBoot() {
	broken := service("api")
	broken.Run = func(context.Context) error { return errors.New("address already in use") }
	app := tree.ChildSpec{
		Name:   "app",
		Policy: new(policy.SupervisorScope),
		Children: []tree.ChildSpec{
			{Name: "storage", Policy: new(policy.SupervisorScope), Children: []tree.ChildSpec{service("disk"), service("cache")}},
			broken,
		},
	}
	_, err := tree.Boot(context.Background(), app)
	fmt.Println("booted:", err)
	fmt.Println(errors.Is(err, tree.ErrBoot))

	app.Children[1] = service("api")
	s, err := tree.Boot(context.Background(), app)
	fmt.Println("booted:", err)
	fmt.Println("closed:", s.Close())

	// Output:
	// up: disk
	// up: cache
	// down: cache
	// down: disk
	// booted: app/api: address already in use
	// true
	// up: disk
	// up: cache
	// up: api
	// booted: <nil>
	// down: api
	// down: cache
	// down: disk
	// closed: <nil>
}
