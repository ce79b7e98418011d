package tree_test

import (
	"context"
	"fmt"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// background supervises what a web server runs beside its requests. Frameworks
// call a pair of hooks, and no function of ours is around both: so it is opened by
// one and closed by the other.
type background struct{ scope *tree.Scope }

// OnStart is called by the framework before it serves.
func (b *background) OnStart(ctx context.Context) error {
	// The context of a start hook may end with the hook: only its values are for us.
	scope, err := tree.Open(context.WithoutCancel(ctx), policy.SupervisorScope, tree.WithName("background"))
	if err != nil {
		return err
	}
	b.scope = scope
	_, err = scope.Start(ctx, tree.ChildSpec{Name: "refresh", WaitReady: true, Run: refresh})
	return err
}

// OnStop is called by the framework when it has served its last request. Its
// context says how long it waits.
func (b *background) OnStop(ctx context.Context) error {
	report, err := b.scope.Shutdown(ctx)
	fmt.Printf("%d drained, %d canceled\n", report.Drained, report.Canceled)
	return err
}

// refresh keeps something fresh until it is asked to end.
func refresh(ctx context.Context) error {
	fmt.Println("warm")
	if err := tree.Ready(ctx); err != nil {
		return err
	}
	<-tree.Draining(ctx)
	fmt.Println("saved")
	return nil
}

// How do I run things beside a server that only has start and stop hooks?
func ExampleOpen_serverHooks() {
	ctx := context.Background()
	var b background
	fmt.Println("start:", b.OnStart(ctx))
	fmt.Println("serving")
	fmt.Println("stop:", b.OnStop(ctx))

	// Output:
	// warm
	// start: <nil>
	// serving
	// saved
	// 1 drained, 0 canceled
	// stop: <nil>
}
