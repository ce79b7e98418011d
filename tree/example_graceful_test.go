package tree_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// serveUntil runs workers until it is told to stop. Then they have a grace to
// finish by themselves; after it they are canceled; and what has not come back
// after the kill wait is left behind with a warning that names it.
func serveUntil(ctx context.Context, stop <-chan struct{}, grace, kill time.Duration, workers map[string]func(context.Context) error) string {
	p := policy.SupervisorScope
	p.Stop.Grace, p.Stop.Kill = grace, kill
	var service *tree.Scope
	err := tree.Run(ctx, p, func(ctx context.Context, s *tree.Scope) error {
		service = s
		for name, run := range workers {
			if _, err := s.Start(ctx, tree.ChildSpec{Name: name, Run: run, Restart: policy.Temporary}); err != nil {
				return err
			}
		}
		select {
		case <-stop:
		case <-ctx.Done():
		}
		return nil // the policy's Leave is to drain
	}, tree.WithName("service"), tree.WithObserver(tree.ObserverFunc(func(tree.Event) {})))
	report, _ := service.Shutdown(ctx) // which has ended: this is how
	if errors.Is(err, tree.ErrAbandoned) {
		return "warning: some workers did not end in time:\n" + report.String()
	}
	return report.String()
}

// threeWorkers are one that finishes when asked, one that needs to be canceled,
// and one that does not look, until gate is closed.
func threeWorkers(gate <-chan struct{}) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"polite": drainer,
		"slow":   blocker,
		"stuck":  stubborn(gate),
	}
}

// How do I stop a service in two phases and learn what did not stop? The times
// are 5 s and 30 s in the test below this example, and short here.
func ExampleRun_gracefulShutdown() {
	stop, gate := make(chan struct{}), make(chan struct{})
	defer close(gate)
	close(stop)
	page := serveUntil(context.Background(), stop, 50*time.Millisecond, 300*time.Millisecond, threeWorkers(gate))
	first, _, _ := strings.Cut(page, "\n")
	fmt.Println(first)
	for _, said := range []string{"returned  service/polite", "canceled  service/slow", "abandoned service/stuck"} {
		fmt.Println(said, strings.Contains(page, said))
	}

	// Output:
	// warning: some workers did not end in time:
	// returned  service/polite true
	// canceled  service/slow true
	// abandoned service/stuck true
}

func TestAGracefulShutdownTakesFiveSecondsAndThirtyAndWarns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop, gate := make(chan struct{}), make(chan struct{})
		defer close(gate)
		time.AfterFunc(time.Hour, func() { close(stop) })
		start := time.Now()
		page := serveUntil(t.Context(), stop, 5*time.Second, 30*time.Second, threeWorkers(gate))
		require.Equal(t, time.Hour+35*time.Second, time.Since(start))
		require.Contains(t, page, "warning: some workers did not end in time:\n"+
			"service closed after 35s: 1 drained, 1 canceled, 1 abandoned\n"+
			"  reason: tree: body left\n"+
			"  returned  service/polite, age 1h0m0s\n"+
			"  canceled  service/slow, age 1h0m5s; tree: grace of the scope over: tree: body left\n"+
			"  abandoned service/stuck, age 1h0m35s, started at example_graceful_test.go:")
	})
}
