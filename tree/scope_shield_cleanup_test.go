package tree_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// Here both kinds are used as a block: whoever is in it stays in it. A scope that is
// shielded from a cancel is still asked to end along with the one around, and after
// its own grace it is canceled. Those below have one that never ends.

// unhurried never cancels by itself.
func unhurried() policy.Scope {
	p := policy.TaskScope
	p.Stop.Grace = policy.Forever
	return p
}

// section runs a section of code in a scope of its own, or on in another.
type section func(ctx context.Context, body func(ctx context.Context, s *tree.Scope) error) error

// open is a section that is not shielded.
func open(ctx context.Context, body func(ctx context.Context, s *tree.Scope) error) error {
	return tree.Run(ctx, unhurried(), body)
}

// block is a section that is shielded by what it was opened under.
func block(ctx context.Context, body func(ctx context.Context, s *tree.Scope) error) error {
	return tree.Run(context.WithoutCancel(ctx), unhurried(), body)
}

// task is a section that is shielded as a child of the scope that ctx belongs to,
// with a scope of its own in it.
func task(ctx context.Context, body func(ctx context.Context, s *tree.Scope) error) error {
	s, err := tree.From(ctx)
	if err != nil {
		return err
	}
	return s.Shield(context.WithoutCancel(ctx), "section", func(ctx context.Context) error { return open(ctx, body) })
}

// shields are both kinds.
var shields = map[string]section{"block": block, "task": task}

// underBoth runs a scenario with each kind of shield, in a bubble of its own.
func underBoth(t *testing.T, scenario func(t *testing.T, shielded section)) {
	t.Helper()
	for name, shielded := range shields {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { scenario(t, shielded) })
		})
	}
}

// cutAfter runs a child that is canceled after d, and returns its exit, and when it
// ended.
func cutAfter(t *testing.T, d time.Duration, run func(context.Context) error) (exit policy.Exit, took time.Duration) {
	t.Helper()
	start := time.Now()
	require.NoError(t, tree.Run(t.Context(), unhurried(), func(ctx context.Context, s *tree.Scope) error {
		child := launch(ctx, t, s, "child", run)
		pause(d)
		require.NoError(t, cancelAndWait(ctx, child, errReason))
		exit, took = exitOf(t, child), time.Since(start)
		return ctx.Err()
	}))
	return exit, took
}

// steps are taken one after another, with a tenth of a second between two. They end
// with the first whose wait was cut.
func steps(ctx context.Context, log *trail, names ...string) error {
	for i, name := range names {
		if i > 0 {
			if err := sleep(ctx, tenth); err != nil {
				return err
			}
		}
		log.add(name)
	}
	return nil
}

func TestScope_140_ACleanUpUnderAShieldRunsToItsEndWhetherTheCancelCameBeforeOrWithin(t *testing.T) {
	for _, c := range []struct {
		cancel, took time.Duration
		exit         policy.Exit
		steps        []string
	}{
		{tenth / 2, tenth + tenth/2, policy.Canceled, []string{"work-begin", "cleanup-begin", "cleanup-done"}},
		{tenth + tenth/2, 2 * tenth, policy.Returned, []string{"work-begin", "work-end", "cleanup-begin", "cleanup-done"}},
	} {
		t.Run(fmt.Sprint(c.cancel), func(t *testing.T) {
			underBoth(t, func(t *testing.T, shielded section) {
				var log trail
				exit, took := cutAfter(t, c.cancel, func(ctx context.Context) error {
					defer func() {
						require.NoError(t, shielded(ctx, func(ctx context.Context, _ *tree.Scope) error {
							return steps(ctx, &log, "cleanup-begin", "cleanup-done")
						}))
					}()
					return steps(ctx, &log, "work-begin", "work-end")
				})
				require.Equal(t, c.exit, exit)
				require.Equal(t, c.took, took)
				require.Equal(t, c.steps, log.list())
			})
		})
	}
}

func TestScope_140_ACanceledScopeTakesTheCleanUpsOfItsOwnUnderAShield(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		var log trail
		start := time.Now()
		cleansUpShielded := func(ctx context.Context, s *tree.Scope) error {
			<-ctx.Done()
			err := s.Shield(context.WithoutCancel(ctx), "cleanup", func(ctx context.Context) error {
				return steps(ctx, &log, "begin", "done")
			})
			require.NoError(t, err)
			return ctx.Err()
		}
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			require.NoError(t, s.Go(ctx, func(ctx context.Context) error { return cleansUpShielded(ctx, s) }))
			launch(ctx, t, s, "child", func(ctx context.Context) error { return cleansUpShielded(ctx, s) })
			launch(ctx, t, s, "nested", func(ctx context.Context) error {
				return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, _ *tree.Scope) error { return cleansUpShielded(ctx, s) })
			})
			synctest.Wait() // all wait
			s.Cancel(errReason)
			return cleansUpShielded(ctx, s)
		})
		require.NoError(t, err)
		require.Equal(t, tenth, time.Since(start))
		require.Equal(t, []string{"begin", "begin", "begin", "begin", "done", "done", "done", "done"}, log.list())
	})
}

func TestScope_142_ACancelInTheInnerOfTwoShieldsIsFeltWhenTheOuterOneIsLeft(t *testing.T) {
	underBoth(t, func(t *testing.T, shielded section) {
		for name, inner := range map[string]section{"shielded": shielded, "not shielded": open} {
			var log trail
			exit, took := cutAfter(t, 2*tenth+tenth/2, func(ctx context.Context) error {
				log.add("task-start")
				pause(tenth)
				err := shielded(ctx, func(ctx context.Context, _ *tree.Scope) error {
					log.add("outer-begin")
					pause(tenth)
					if err := inner(ctx, func(ctx context.Context, _ *tree.Scope) error {
						return steps(ctx, &log, "inner-step0", "inner-step1") // canceled in between
					}); err != nil {
						return err
					}
					err := sleep(ctx, tenth)
					log.add("outer-end")
					return err
				})
				require.NoError(t, err, name)
				if err := sleep(ctx, tenth); err != nil {
					return err
				}
				log.add("task-done")
				return nil
			})
			require.Equal(t, policy.Canceled, exit, name)
			require.Equal(t, 4*tenth, took, name)
			require.Equal(t, []string{"task-start", "outer-begin", "inner-step0", "inner-step1", "outer-end"}, log.list(), name)
		}
	})
}

func TestScope_142_AShieldWithinAnUnshieldedScopeIsFinishedAndThatScopeIsCutDirectlyAfterIt(t *testing.T) {
	underBoth(t, func(t *testing.T, shielded section) {
		var log trail
		var outer error
		exit, took := cutAfter(t, 2*tenth+tenth/2, func(ctx context.Context) error {
			log.add("task-start")
			pause(tenth)
			outer = open(ctx, func(ctx context.Context, _ *tree.Scope) error {
				log.add("outer-begin")
				pause(tenth)
				require.NoError(t, shielded(ctx, func(ctx context.Context, _ *tree.Scope) error {
					return steps(ctx, &log, "inner-step0", "inner-step1")
				}))
				require.ErrorIs(t, ctx.Err(), context.Canceled)
				return steps(ctx, &log, "outer-goes-on", "outer-end")
			})
			return steps(ctx, &log, "task-goes-on", "task-done")
		})
		require.Equal(t, policy.Canceled, exit)
		require.Equal(t, 3*tenth, took)
		require.ErrorIs(t, outer, context.Canceled)
		require.ErrorIs(t, outer, errReason)
		require.Equal(t, []string{"task-start", "outer-begin", "inner-step0", "inner-step1", "outer-goes-on", "task-goes-on"}, log.list())
	})
}

// foreign is a group of another maker: a context derived from ctx, a goroutine for
// each child, and a wait.
func foreign(ctx context.Context, body func(ctx context.Context, spawn func(func(context.Context) error)) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group sync.WaitGroup
	defer group.Wait()
	return body(ctx, func(f func(context.Context) error) { group.Go(func() { _ = f(ctx) }) })
}

// foreignly makes it a section like the others, but for one thing: it has no scope.
func foreignly(ctx context.Context, body func(ctx context.Context, s *tree.Scope) error) error {
	return foreign(ctx, func(ctx context.Context, _ func(func(context.Context) error)) error { return body(ctx, nil) })
}

// levels is a tower of sections, each with a child that takes long: longer the
// further out it is.
type levels struct {
	kinds    []section // from level 1 down
	log, ran trail
}

func (l *levels) long(n int) func(context.Context) error {
	return func(ctx context.Context) error {
		err := sleep(ctx, time.Duration(16-n)*time.Second)
		if err == nil {
			l.ran.add(fmt.Sprint("L", n))
		}
		return err
	}
}

// enter goes down in one goroutine. The innermost level is canceled.
func (l *levels) enter(ctx context.Context, n int) error {
	if n > len(l.kinds) {
		return sleep(ctx, tenth)
	}
	return l.kinds[n-1](ctx, func(ctx context.Context, s *tree.Scope) error {
		l.log.add(fmt.Sprintf("level%d-begin", n))
		if s == nil {
			return foreign(ctx, func(ctx context.Context, spawn func(func(context.Context) error)) error {
				spawn(l.long(n))
				return l.leave(ctx, n)
			})
		}
		if err := s.Go(ctx, l.long(n)); err != nil {
			return err
		}
		return l.leave(ctx, n)
	})
}

func (l *levels) leave(ctx context.Context, n int) error {
	if err := l.enter(ctx, n+1); err != nil {
		return err
	}
	if err := sleep(ctx, tenth); err != nil {
		return err
	}
	l.log.add(fmt.Sprintf("level%d-end", n))
	return nil
}

var levelsCutInTheLast = []string{"level1-begin", "level2-begin", "level3-begin", "level4-begin", "level5-begin",
	"level5-end", "level4-end", "level3-end", "level2-end"}

func TestScope_143_OfManyLevelsAllBelowTheOutermostShieldAreFinished(t *testing.T) {
	for name, kinds := range map[string][]section{
		"ours":             {open, block, open, open, block},
		"tasks":            {open, task, open, open, task},
		"mixed shields":    {open, block, open, open, task},
		"foreign in ours":  {open, block, foreignly, foreignly, block},
		"foreign outside":  {foreignly, block, open, foreignly, block},
		"foreign and task": {open, task, foreignly, open, block},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &levels{kinds: kinds}
				exit, took := cutAfter(t, tenth/2, func(ctx context.Context) error { return l.enter(ctx, 1) })
				require.Equal(t, policy.Canceled, exit)
				require.Equal(t, levelsCutInTheLast, l.log.list())
				ran := l.ran.list()
				slices.Sort(ran)
				require.Equal(t, []string{"L2", "L3", "L4", "L5"}, ran, "and that of level 1 was cut")
				require.Equal(t, 14*time.Second, took)
			})
		})
	}
}

// Across goroutines the same, each level being a child of the one around.
func TestScope_143_OfManyLevelsInGoroutinesOfTheirOwnAllBelowTheOutermostShieldAreFinished(t *testing.T) {
	kinds := []section{open, open, block, open, open, block}
	synctest.Test(t, func(t *testing.T) {
		var l levels
		var work func(ctx context.Context, n int) error
		work = func(ctx context.Context, n int) error {
			l.log.add(fmt.Sprintf("level%d-begin", n))
			if err := kinds[n](ctx, func(ctx context.Context, s *tree.Scope) error {
				launch(ctx, t, s, "child", l.long(n))
				if n < 5 {
					launch(ctx, t, s, "below", func(ctx context.Context) error { return work(ctx, n+1) })
				}
				return nil
			}); err != nil {
				return err
			}
			err := sleep(ctx, tenth)
			if err == nil {
				l.log.add(fmt.Sprintf("level%d-end", n))
			}
			return err
		}
		exit, took := cutAfter(t, 5*tenth, func(ctx context.Context) error { return work(ctx, 0) })
		require.Equal(t, policy.Canceled, exit)
		require.Equal(t, []string{"level0-begin", "level1-begin", "level2-begin", "level3-begin", "level4-begin", "level5-begin",
			"level5-end", "level4-end", "level3-end"}, l.log.list(), "what follows level 2 is not under its shield")
		require.Equal(t, []string{"L5", "L4", "L3", "L2"}, l.ran.list())
		require.Equal(t, 14*time.Second, took)
	})
}
