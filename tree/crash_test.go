package tree_test

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// crashes are programs that end their process under PanicCrash.
var crashes = map[string]func(ctx context.Context, s *tree.Scope){
	"task": func(ctx context.Context, s *tree.Scope) {
		_ = s.Go(ctx, func(context.Context) error { panic("of a task") })
	},
	"child": func(ctx context.Context, s *tree.Scope) {
		_, _ = s.Start(ctx, tree.ChildSpec{Name: "c", Run: func(context.Context) error { panic("of a child") }})
	},
	"actor": func(ctx context.Context, s *tree.Scope) {
		ref, _ := tree.Spawn(ctx, s, actor.Spec[int]{Name: "c", New: func(context.Context, actor.Ref[int]) (actor.Receiver[int], error) {
			return actor.ReceiverFunc[int](func(context.Context, int) error { panic("of an actor") }), nil
		}})
		_ = ref.TrySend(1)
	},
}

func TestAPanicUnderPanicCrashEndsTheProcess(t *testing.T) {
	const inChild = "UNDERSTUDY_TREE_CRASH"
	if what := os.Getenv(inChild); what != "" {
		p := policy.TaskScope
		p.Panic = policy.PanicCrash
		_ = tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			crashes[what](ctx, s)
			<-ctx.Done() // for ever, unless the process ends
			return nil
		}, tree.WithName("app"))
		return
	}
	for what, text := range map[string]string{"task": "of a task", "child": "of a child", "actor": "of an actor"} {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=20s")
		cmd.Env = append(os.Environ(), inChild+"="+what)
		out, err := cmd.CombinedOutput()
		require.Error(t, err, what)
		require.Contains(t, string(out), text)
		require.Contains(t, string(out), "crash_test.go", "the trace shows where it began")
		require.NotContains(t, string(out), "test timed out")
	}
}
