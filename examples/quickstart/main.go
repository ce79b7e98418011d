package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// Exit codes.
const (
	exitDone     = 0   // also after a Ctrl-C that drained
	exitFailed   = 1   // the tree gave up
	exitUsage    = 2   // bad arguments; nothing was started
	exitCanceled = 130 // a second Ctrl-C
)

func main() {
	os.Exit(quickstart(os.Args[1:], nextInterrupt, os.Stdout, os.Stderr))
}

// nextInterrupt returns a context that ends with the next Ctrl-C.
func nextInterrupt() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}

// quickstart runs the whole program and returns its exit code. interrupt is
// nextInterrupt, unless a test presses the keys.
func quickstart(args []string, interrupt interrupts, stdout, stderr io.Writer) int {
	c, err := newConfig(args, stdout)
	switch {
	case err != nil:
		complain(stderr, err)
		return exitUsage
	case c == nil:
		return exitDone // asked for help
	}
	return c.run(interrupt, stdout, stderr)
}

type interrupts func() (context.Context, context.CancelFunc)

// run does the work, prints what came of it and returns the exit code.
func (c *config) run(interrupt interrupts, stdout, stderr io.Writer) int {
	sum, err := c.work(interrupt, stderr)
	if sum != nil {
		sum.print(stdout)
	}
	switch {
	case err != nil:
		complain(stderr, err)
		return exitFailed
	case sum.canceled:
		return exitCanceled
	}
	return exitDone
}

// work plants the tree, waits for the walker or for a Ctrl-C, and takes the tree
// down. The summary is nil when there never was a tree.
func (c *config) work(interrupt interrupts, stderr io.Writer) (*summary, error) {
	first, release := interrupt()
	defer release()

	sum := &summary{dir: c.dir, book: newBook(), watch: newWatch()}
	s, err := tree.Open(context.Background(), rootPolicy(), tree.WithName("quickstart"), tree.WithObserver(sum.watch))
	if err != nil {
		return nil, err
	}
	defer s.Close()

	began := time.Now()
	walker, err := c.plant(first, s, sum, stderr)
	if err == nil {
		err = walker.Wait(first)
	}
	if sum.interrupted = first.Err() != nil; sum.interrupted {
		fmt.Fprintln(stderr, "quickstart: interrupted; files in flight will be finished, interrupt again to cancel")
		err = nil // said to us, not by the walker
	}
	sum.tree = s.Snapshot()
	sum.report, sum.canceled = drain(s, interrupt)
	sum.took = time.Since(began)
	if end := s.Close(); end != nil {
		return sum, end // why the tree ended says more than what that did to the walker
	}
	return sum, err
}

// rootPolicy is a supervisor that stops its children one at a time, the last one
// first: each may need those that were started before it.
func rootPolicy() policy.Scope {
	p := policy.SupervisorScope
	p.Stop.Order = policy.OrderReverse
	return p
}

// plant starts the children of the root, in the order in which they need each
// other, and returns the walker, whose end is the end of the work.
func (c *config) plant(ctx context.Context, s *tree.Scope, sum *summary, stderr io.Writer) (*tree.Child, error) {
	index, err := tree.Spawn(ctx, s, indexSpec(sum.book))
	if err != nil {
		return nil, err
	}
	parsers, err := startPool(ctx, s, poolPolicy(), c.workers, &parser{parse: c.parse, chaos: c.chaos()})
	if err != nil {
		return nil, err
	}
	if terminal := isTerminal(stderr); terminal || c.progress {
		p := &progress{index: index, to: stderr, terminal: terminal}
		if _, err := s.Start(ctx, p.spec()); err != nil {
			return nil, err
		}
	}
	sum.walk = &walk{dir: c.dir, index: index, parsers: parsers}
	return s.Start(ctx, sum.walk.spec())
}

// drain shuts the tree down and returns how that went. A Ctrl-C on the way
// cancels what has not finished by then.
func drain(s *tree.Scope, interrupt interrupts) (report *tree.ShutdownReport, canceled bool) {
	second, release := interrupt()
	defer release()
	report, err := s.Shutdown(second)
	if err == nil {
		return report, false
	}
	s.Cancel(err)
	report, _ = s.Shutdown(context.Background()) // bounded by the kill wait of the policy
	return report, true
}

// complain writes a line for each error in err.
func complain(stderr io.Writer, err error) {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(stderr, "quickstart: %s\n", strings.TrimSuffix(line, "\n"))
	}
}
