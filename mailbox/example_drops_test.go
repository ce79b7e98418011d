package mailbox_test

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/mailbox"
)

// Of samples only the newest are of use, and a sender must not wait. What is
// dropped is told, and counted.
func ExampleBounded_dropOldest() {
	b, err := mailbox.New(mailbox.Bounded(2, mailbox.DropOldest), func(sample int) {
		fmt.Println("dropped", sample)
	})
	if err != nil {
		panic(err)
	}
	for sample := range 4 {
		_ = b.Put(context.Background(), sample) // fails only after Close
	}
	fmt.Printf("%+v\n", b.Stats())
	for sample, ok := b.Take(); ok; sample, ok = b.Take() {
		fmt.Println("took", sample)
	}

	// Output:
	// dropped 0
	// dropped 1
	// {Len:2 Peak:2 Dropped:2}
	// took 2
	// took 3
}

// Of the lines of a burst the first ones say what went wrong.
func ExampleBounded_dropNewest() {
	b, err := mailbox.New[string](mailbox.Bounded(1, mailbox.DropNewest), nil)
	if err != nil {
		panic(err)
	}
	for _, line := range []string{"disk full", "cannot write a", "cannot write b"} {
		_ = b.TryPut(line) // fails only after Close
	}
	line, _ := b.Take()
	fmt.Printf("%s, and %d more\n", line, b.Stats().Dropped)

	// Output: disk full, and 2 more
}

// Of each symbol the last price counts. It is taken where the symbol came in.
func ExampleNewLatest() {
	type price struct {
		symbol string
		cents  int
	}
	b, err := mailbox.NewLatest(100, func(p price) string { return p.symbol }, nil)
	if err != nil {
		panic(err)
	}
	for _, p := range []price{{"ACME", 100}, {"INIT", 250}, {"ACME", 101}, {"ACME", 99}} {
		_ = b.TryPut(p) // fails only after Close, and with more than 100 symbols
	}
	for p, ok := b.Take(); ok; p, ok = b.Take() {
		fmt.Println(p.symbol, p.cents)
	}

	// Output:
	// ACME 99
	// INIT 250
}

// What was closed can be opened again, and still has what it had.
func ExampleMailbox_open() {
	b, err := mailbox.New[string](mailbox.Spec{}, nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(b.TryPut("before"))
	b.Close()
	fmt.Println(b.TryPut("meanwhile"))
	b.Open()
	fmt.Println(b.TryPut("after"))
	for m, ok := b.Take(); ok; m, ok = b.Take() {
		fmt.Println(m)
	}

	// Output:
	// <nil>
	// mailbox: closed
	// <nil>
	// before
	// after
}
