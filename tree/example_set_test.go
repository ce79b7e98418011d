package tree_test

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// room describes a chat room, which has closed when it is told to.
func room(topic string, closed <-chan struct{}) tree.ChildSpec {
	return tree.ChildSpec{Restart: policy.Transient, Run: func(ctx context.Context) error {
		select {
		case <-closed:
		case <-tree.Draining(ctx):
		}
		fmt.Println("closed:", topic)
		return nil
	}}
}

// How do I keep one child for each key, find it, replace it, and forget it when it ends?
func ExampleSet() {
	err := tree.Run(context.Background(), policy.SupervisorScope, func(ctx context.Context, s *tree.Scope) error {
		atMostTwo := policy.SupervisorScope
		atMostTwo.Limit = 2
		rooms, err := tree.NewSet[int](ctx, s, tree.ChildSpec{Name: "rooms", Policy: &atMostTwo})
		if err != nil {
			return err
		}
		enough := make(chan struct{})
		for key, topic := range []string{"go", "tea", "cats"} {
			_, err := rooms.Put(ctx, key, room(topic, enough))
			fmt.Println("put:", topic, err)
		}
		_, err = rooms.Put(ctx, 1, room("coffee", enough))
		fmt.Println("put:", err)
		_, err = rooms.Replace(ctx, 1, room("coffee", nil))
		fmt.Println("replaced:", err)

		first, err := rooms.Get(0)
		if err != nil {
			return err
		}
		close(enough) // the first one ends by itself
		if err := first.Wait(ctx); err != nil {
			return err
		}
		for key, child := range rooms.Each() {
			fmt.Println("open:", key, child)
		}
		return rooms.Remove(ctx, 1)
	}, tree.WithName("chat"))
	fmt.Println("returned:", err)

	// Output:
	// put: go <nil>
	// put: tea <nil>
	// put: cats tree: scope full: chat/rooms
	// put: tree: name already taken: key 1 in chat/rooms
	// closed: tea
	// replaced: <nil>
	// closed: go
	// open: 1 chat/rooms/1
	// closed: coffee
	// returned: <nil>
}
