package tree_test

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/tree"
)

// How do I take the first answer and drop the others?
func ExampleRace() {
	p, err := tree.Race(context.Background(), price("slow"), price("market"))
	fmt.Println(p, err)
	p, err = tree.Race(context.Background(), price("slow"), price("closed"))
	fmt.Println(p, err)

	// Output:
	// 60 <nil>
	// 0 closed today
}

// How do I take the first good answer?
func ExampleAny() {
	p, err := tree.Any(context.Background(), price("closed"), price("far"), price("slow"))
	fmt.Println(p, err)

	// Output:
	// 30 <nil>
}
