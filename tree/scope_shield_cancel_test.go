package tree_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

func TestScope_145_ShieldedWorkMayCancelTheScopeAroundAndGoesOn(t *testing.T) {
	for name, shielded := range shields {
		t.Run(name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				start := time.Now()
				var others []*tree.Child
				err := tree.Run(t.Context(), p, func(outside context.Context, s *tree.Scope) error {
					others = append(others, launch(outside, t, s, "a", blocker), launch(outside, t, s, "b", blocker))
					synctest.Wait() // both wait
					require.NoError(t, shielded(outside, func(ctx context.Context, _ *tree.Scope) error {
						s.Cancel(errReason)
						for _, other := range others {
							require.NoError(t, other.Wait(ctx))
						}
						require.Zero(t, time.Since(start))
						require.Equal(t, errReason, context.Cause(outside))
						require.NoError(t, ctx.Err())
						return sleep(ctx, tenth)
					}))
					return outside.Err()
				})
				require.NoError(t, err, "it ended as it was told to")
				require.Equal(t, tenth, time.Since(start))
				for _, other := range others {
					require.Equal(t, policy.Canceled, exitOf(t, other))
				}
			})
		})
	}
}

func TestScope_146_ACancelOfAChildBelowAShieldEndsThatChildAndLeavesTheShield(t *testing.T) {
	ends := map[string]func(*tree.Scope, *tree.Child){
		"the child":     func(_ *tree.Scope, ch *tree.Child) { ch.Cancel(errBang) },
		"its own scope": func(s *tree.Scope, _ *tree.Child) { s.Cancel(errBang) },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			underBoth(t, func(t *testing.T, shielded section) {
				ctx, cancel := request(t)
				start := time.Now()
				var child *tree.Child
				var cause error
				err := tree.Run(ctx, unhurried(), func(ctx context.Context, _ *tree.Scope) error {
					return shielded(ctx, func(host context.Context, _ *tree.Scope) error {
						require.NoError(t, open(host, func(ctx context.Context, s *tree.Scope) error {
							child = launch(ctx, t, s, "child", func(ctx context.Context) error {
								<-ctx.Done()
								cause = context.Cause(ctx)
								return ctx.Err()
							})
							cancel(errReason)
							pause(tenth)
							require.NoError(t, ctx.Err(), "what comes from outside stops at the shield")
							end(s, child)
							return child.Wait(host)
						}))
						require.NoError(t, host.Err())
						return sleep(host, tenth)
					})
				})
				require.NoError(t, err)
				require.Equal(t, errBang, cause)
				require.Equal(t, policy.Canceled, exitOf(t, child))
				require.Equal(t, 2*tenth, time.Since(start))
			})
		})
	}
}

func TestScope_148_AnErrorUnderAShieldIsSeenAndTheCancelThatWaitsIsNotLost(t *testing.T) {
	underBoth(t, func(t *testing.T, shielded section) {
		rec := &recorder{}
		var next error
		err := tree.Run(t.Context(), unhurried(), func(ctx context.Context, s *tree.Scope) error {
			child := launch(ctx, t, s, "child", func(ctx context.Context) error {
				err := shielded(ctx, func(context.Context, *tree.Scope) error {
					pause(2 * tenth)
					return errBoom
				})
				require.Equal(t, errBoom, err)
				require.Equal(t, errReason, context.Cause(ctx))
				next = sleep(ctx, time.Hour)
				return errors.Join(err, next)
			})
			pause(tenth)
			child.Cancel(errReason)
			err := child.Wait(ctx)
			require.ErrorIs(t, err, errBoom)
			require.Equal(t, policy.Failed, exitOf(t, child), "a cancel with something beside it is a failure")
			return ctx.Err()
		}, tree.WithName("app"), tree.WithObserver(rec))
		require.NoError(t, err)
		require.Equal(t, context.Canceled, next)
		var reported []string
		for _, e := range rec.failures() {
			if !e.Handed {
				reported = append(reported, e.Path)
			}
		}
		require.Equal(t, []string{"app/child"}, reported)
	})
}

// In a cancel-together scope the failure of one cancels the others, and what they
// shield fails after that: both errors come back, and each once.
func TestScope_148_AnErrorUnderAShieldAfterASiblingFailedIsReturnedBesideTheSiblings(t *testing.T) {
	underBoth(t, func(t *testing.T, shielded section) {
		start := time.Now()
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "first", failsAfter(tenth, errBang))
			launch(ctx, t, s, "second", func(ctx context.Context) error {
				return shielded(ctx, func(ctx context.Context, _ *tree.Scope) error {
					err := sleep(ctx, 2*tenth)
					return errors.Join(err, errBoom)
				})
			})
			return nil
		}, tree.WithName("app"))
		require.Equal(t, 2*tenth, time.Since(start))
		leaves := leavesOf(t, err)
		require.Len(t, leaves, 2)
		require.EqualError(t, leaves[0], "app/first: bang")
		require.EqualError(t, leaves[1], "app/second: boom")
	})
}

// unwindings are the ways out of a function that are no return.
var unwindings = []struct {
	name string
	run  func(context.Context) error
	exit policy.Exit
	same func(t *testing.T, err error)
}{
	{"panic", panicsAfter(2*tenth, errBoom), policy.Panicked, func(t *testing.T, err error) {
		require.ErrorIs(t, err, errBoom)
		require.Contains(t, panicOf(t, err).Stack(), "panicsAfter")
	}},
	{"Goexit", exitsAfter(2 * tenth), policy.Failed, func(t *testing.T, err error) { require.Equal(t, policy.ErrGoexit, err) }},
}

func TestScope_149_APanicUnderAShieldAfterTheCallerLeftIsReportedAtOnceAndEndsNothing(t *testing.T) {
	for _, way := range unwindings {
		t.Run(way.name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				start := time.Now()
				s, seen := openSupervisor(t, p)
				sibling := launch(t.Context(), t, s, "sibling", blocker)
				ctx, cancel := request(t)
				answer := shieldOf(ctx, s, "save", way.run)
				pause(tenth)
				cancel(errReason)
				require.Equal(t, errReason, <-answer)
				pause(tenth)
				synctest.Wait() // the observer was told
				require.Len(t, seen.failures(), 1)
				e := seen.failures()[0]
				require.Equal(t, []any{"app/save", way.exit, 2 * tenth, false}, []any{e.Path, e.Exit, e.Time.Sub(start), e.Handed})
				way.same(t, e.Err)
				_, over := sibling.Exit()
				require.False(t, over)
				require.Equal(t, tree.PhaseOpen, s.Snapshot().Phase)
				require.NoError(t, s.Shield(t.Context(), "save", takes(0)), "its name is free and the scope takes more")
				s.Cancel(nil)
				require.NoError(t, s.Close())
			})
		})
	}
}

func TestScope_149_APanicUnderAShieldWhileTheCallerWaitsIsTheCallers(t *testing.T) {
	for _, way := range unwindings {
		t.Run(way.name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				start := time.Now()
				s, seen := openSupervisor(t, p)
				sibling := launch(t.Context(), t, s, "sibling", blocker)
				way.same(t, s.Shield(t.Context(), "save", way.run))
				require.Equal(t, 2*tenth, time.Since(start))
				synctest.Wait() // the observer was told
				require.Len(t, seen.failures(), 1)
				require.Equal(t, way.exit == policy.Failed, seen.failures()[0].Handed, "a panic is news all the same")
				require.Equal(t, way.exit, seen.failures()[0].Exit)
				_, over := sibling.Exit()
				require.False(t, over)
				s.Cancel(nil)
				require.NoError(t, s.Close())
			})
		})
	}
}

func TestScope_149_APanicUnderAShieldAfterTheCallerLeftIsLoggedWithItsStack(t *testing.T) {
	log := recordLog(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := request(t)
		cancel(errReason)
		require.NoError(t, tree.Run(t.Context(), policy.TaskGroup, func(_ context.Context, s *tree.Scope) error {
			require.Equal(t, errReason, s.Shield(ctx, "save", panicsAfter(tenth, "out of paper")))
			return nil
		}, tree.WithName("app")))
	})
	require.Len(t, log.lines(), 1)
	require.Len(t, log.lines("level=ERROR", "path=app/save", "panic: out of paper", "scope_panic_test.go"), 1)
}

func TestScope_149_UnderPanicCrashAPanicUnderAShieldEndsTheProcess(t *testing.T) {
	const inChild = "UNDERSTUDY_SHIELD_CRASH"
	if os.Getenv(inChild) != "" {
		p := policy.TaskScope
		p.Panic = policy.PanicCrash
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_ = tree.Run(t.Context(), p, func(around context.Context, s *tree.Scope) error {
			_ = s.Shield(ctx, "save", func(context.Context) error { panic("of a shield") })
			<-around.Done() // for ever, unless the process ends
			return nil
		})
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=20s")
	cmd.Env = append(os.Environ(), inChild+"=1")
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "panic: of a shield")
	require.NotContains(t, string(out), "test timed out")
}
