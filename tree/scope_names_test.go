package tree_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// whereabouts returns what a context says of where it stands: the path of its
// child, "-" for none, and that of its scope.
func whereabouts(t *testing.T, ctx context.Context) string {
	t.Helper()
	s, err := tree.From(ctx)
	require.NoError(t, err)
	child, err := tree.Self(ctx)
	if err != nil {
		require.ErrorIs(t, err, tree.ErrNoScope)
		return "- in " + s.Path()
	}
	return child.Path() + " in " + s.Path()
}

// A path has no slash before it: its first element is the root's name.
func TestScope_196_ThePathOfANestedChildIsThatOfAllAroundItAndItCanReadIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log trail
		note := func(who string) func(ctx context.Context) error {
			return func(ctx context.Context) error {
				log.add(who + ": " + whereabouts(t, ctx))
				return nil
			}
		}
		nest := func(inner func(ctx context.Context, s *tree.Scope), opts ...tree.Option) func(context.Context) error {
			return func(ctx context.Context) error {
				return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
					inner(ctx, s)
					return nil
				}, opts...)
			}
		}
		one := func(ctx context.Context, s *tree.Scope, name string, run func(context.Context) error) {
			require.NoError(t, launch(ctx, t, s, name, run).Wait(t.Context())) // one after the other
		}
		require.NoError(t, tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			_ = note("body")(ctx)
			require.NoError(t, s.Go(ctx, note("task")))
			synctest.Wait() // the task has said where it is
			one(ctx, s, "child", note("child"))
			one(ctx, s, "outer", nest(func(ctx context.Context, s *tree.Scope) {
				_ = note("body without a name")(ctx)
				one(ctx, s, "inner", note("below a scope without a name"))
			}))
			one(ctx, s, "outer", nest(func(ctx context.Context, s *tree.Scope) {
				_ = note("body with a name")(ctx)
				one(ctx, s, "inner", nest(func(ctx context.Context, s *tree.Scope) {
					_ = note("body in a child in a child")(ctx)
				}))
			}, tree.WithName("scope")))
			require.NoError(t, s.Shield(ctx, "write", note("shield")))
			return nil
		}, tree.WithName("root")))
		require.Equal(t, []string{
			"body: - in root",
			"task: - in root",
			"child: root/child in root",
			"body without a name: root/outer in root/outer",
			"below a scope without a name: root/outer/inner in root/outer",
			"body with a name: root/outer in root/outer/scope",
			"body in a child in a child: root/outer/scope/inner in root/outer/scope/inner",
			"shield: root/write in root",
		}, log.list())
	})
}

func TestScope_196_AChildOfASupervisorKeepsItsPathThroughRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log trail
		s, _ := openSupervisor(t, policy.SupervisorScope)
		reader := tree.ChildSpec{Name: "reader", Run: func(ctx context.Context) error {
			self, err := tree.Self(ctx)
			if err != nil {
				return err
			}
			log.add(fmt.Sprint(whereabouts(t, ctx), " #", self.Incarnation()))
			return failsAfter(tenth, errBoom)(ctx)
		}}
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "ingest", Policy: new(policy.SupervisorScope), Children: []tree.ChildSpec{reader}})
		require.NoError(t, err)
		ref, err := tree.Spawn(t.Context(), s, actor.Spec[int]{Name: "index", New: constructor(drained)})
		require.NoError(t, err)
		require.Equal(t, "app/index", ref.Path())
		pause(tenth + tenth/2)
		require.Equal(t, []string{"app/ingest/reader in app/ingest #1", "app/ingest/reader in app/ingest #2"}, log.list())
		found, err := tree.Find("app/ingest/reader")
		require.NoError(t, err)
		require.Equal(t, "reader", found.Name())
		require.Equal(t, "app/ingest/reader", found.String())
	})
}

// drained is a constructor's work: none.
func drained(context.Context) error { return nil }

// treeBelow lists the paths of all scopes below s, and of the children in them, as
// Scopes and Children walk them.
func treeBelow(s *tree.Scope) []string {
	var list []string
	for ch := range s.Children() {
		list = append(list, ch.Path())
	}
	for inner := range s.Scopes() {
		list = append(list, inner.Path()+":")
		list = append(list, treeBelow(inner)...)
	}
	return list
}

// treeOf is the same as a snapshot shows it.
func treeOf(s tree.Snapshot) []string {
	var list []string
	inner := s.Scopes
	for _, ch := range s.Children {
		list = append(list, s.Path+"/"+ch.Name)
		inner = slices.Concat(inner, ch.Scopes)
	}
	for _, n := range inner {
		list = append(list, n.Path+":")
		list = append(list, treeOf(n)...)
	}
	return list
}

func TestScope_197_AllLiveScopesAreListedUntilTheyHaveEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other, err := tree.Open(t.Context(), policy.TaskScope, tree.WithName("other"))
		require.NoError(t, err)
		s, err := tree.Open(t.Context(), policy.TaskScope, tree.WithName("app"))
		require.NoError(t, err)
		nested := func(name string, d time.Duration, deeper ...func(context.Context) error) func(context.Context) error {
			return func(ctx context.Context) error {
				return tree.Run(ctx, policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
					launch(ctx, t, s, "worker", takes(d))
					for _, run := range deeper {
						require.NoError(t, s.Go(ctx, run))
					}
					return nil
				}, tree.WithName(name))
			}
		}
		require.NoError(t, s.Go(t.Context(), nested("a", 3*tenth, nested("b", tenth))))
		launch(t.Context(), t, s, "child", nested("c", 2*tenth))
		look := func() []string {
			synctest.Wait() // all that could begin or end has done so
			require.Equal(t, []string{"app", "other"}, named("app", "other", "a", "app/a", "app/a/b", "app/child/c"), "of the process")
			list := treeBelow(s)
			require.ElementsMatch(t, list, treeOf(s.Snapshot()))
			slices.Sort(list)
			return list
		}
		require.Equal(t, []string{"app/a/b/worker", "app/a/b:", "app/a/worker", "app/a:", "app/child", "app/child/c/worker", "app/child/c:"}, look())
		pause(tenth)
		require.Equal(t, []string{"app/a/worker", "app/a:", "app/child", "app/child/c/worker", "app/child/c:"}, look())
		pause(tenth)
		require.Equal(t, []string{"app/a/worker", "app/a:"}, look())
		pause(tenth)
		require.Empty(t, look())
		require.NoError(t, errors.Join(s.Close(), other.Close()))
		require.Empty(t, named("app", "other"))
		require.Empty(t, treeBelow(s))
	})
}

func TestScope_197_AChildIsFoundByItsPathWhileItHasAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.SupervisorScope)
		leaf := tree.ChildSpec{Name: "leaf", Run: drainer}
		_, err := s.Start(t.Context(), tower(leaf, new(policy.SupervisorScope), new(policy.SupervisorScope)))
		require.NoError(t, err)
		path := strings.TrimSuffix(strings.Join(treeBelow(s), " "), ":")
		path = path[strings.LastIndex(path, " ")+1:]
		require.Equal(t, 3, strings.Count(path, "/"), "two supervisors and the leaf: %s", path)
		everywhere, err := tree.Find(path)
		require.NoError(t, err)
		below, err := s.Find(strings.TrimPrefix(path, "app/"))
		require.NoError(t, err)
		require.Same(t, everywhere, below)
		require.Equal(t, path, below.Path())
		for _, wrong := range []string{"", "/", "leaf", path, "app", path[4:] + "/", "/" + path[4:], path[4:] + "/x"} {
			_, err = s.Find(wrong)
			require.ErrorIs(t, err, tree.ErrNotFound, "%q", wrong)
		}
		for _, wrong := range []string{"", "/", "leaf", "app", "/" + path, path + "/", path[4:]} {
			_, err = tree.Find(wrong)
			require.ErrorIs(t, err, tree.ErrNotFound, "%q", wrong)
		}
		require.NoError(t, s.Close())
		_, err = tree.Find(path)
		require.ErrorIs(t, err, tree.ErrNotFound)
	})
}

func TestScope_203_AHandleSaysHowItsChildEndedAsOftenAsItIsAsked(t *testing.T) {
	type end struct {
		run  func(context.Context) error
		exit policy.Exit
		err  error // what Wait returns
	}
	ends := map[string]end{
		"done":     {takes(tenth), policy.Returned, nil},
		"failed":   {failsAfter(tenth, errBoom), policy.Failed, errBoom},
		"panicked": {panicsAfter(tenth, errBoom), policy.Panicked, errBoom},
		"canceled": {blocker, policy.Canceled, nil},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(&recorder{}))
				require.NoError(t, err)
				child, err := s.Start(t.Context(), tree.ChildSpec{Name: "child", Run: end.run, Restart: temporaryIn(s)})
				require.NoError(t, err)
				_, over := child.Exit()
				require.False(t, over, "it runs")
				pause(tenth)
				if end.exit == policy.Canceled {
					child.Cancel(errReason)
				}
				for i := range 3 {
					require.ErrorIs(t, child.Wait(t.Context()), end.err)
					require.Equal(t, end.exit, exitOf(t, child))
					require.Equal(t, policy.SlotForgotten, child.State())
					require.Equal(t, 1, child.Incarnation())
					if i == 1 {
						_ = s.Close() // nor does the end of the scope take it away
					}
				}
				ended, cancel := context.WithCancel(t.Context())
				cancel()
				require.ErrorIs(t, child.Wait(ended), end.err, "a result that is there is worth more")
			})
		})
	}
}

func TestScope_203_AFutureYieldsItsResultAsOftenAsItIsAsked(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		s, err := tree.Open(t.Context(), p, tree.WithObserver(&recorder{}))
		require.NoError(t, err)
		done, err := tree.Async(t.Context(), s, func(ctx context.Context) (int, error) { return 7, sleep(ctx, tenth) })
		require.NoError(t, err)
		failed, err := tree.Async(t.Context(), s, func(context.Context) (string, error) { pause(2 * tenth); return "part", errBoom })
		require.NoError(t, err)
		for i := range 3 {
			n, err := done.Wait(t.Context())
			require.NoError(t, err)
			require.Equal(t, 7, n)
			text, err := failed.Wait(t.Context())
			require.ErrorIs(t, err, errBoom)
			require.Equal(t, "part", text)
			if i == 1 {
				_ = s.Close()
			}
		}
	})
}

func TestScope_202_OfMoreFailuresThanItKeepsAScopeCountsTheOthers(t *testing.T) {
	for _, c := range []struct{ keep, failures, kept int }{
		{1, 1, 1}, {1, 5, 1}, {3, 3, 3}, {3, 10, 3}, {0, 16, 16}, {0, 100, 16}, {1000, 100, 100},
	} {
		t.Run(strconv.Itoa(c.failures)+" of "+strconv.Itoa(c.keep), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := policy.TaskGroup
				p.KeepErrors = c.keep
				err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
					for i := range c.failures {
						spec := tree.ChildSpec{Name: strconv.Itoa(i), Run: failsAfter(tenth+time.Duration(i), fmt.Errorf("error %d", i))}
						if _, err := s.Start(ctx, spec); err != nil {
							return err
						}
					}
					return nil
				}, tree.WithName("app"), tree.WithObserver(&recorder{}))
				var all *tree.Errors
				require.ErrorAs(t, err, &all)
				require.Len(t, all.Unwrap(), c.kept)
				require.Equal(t, c.failures-c.kept, all.Dropped())
				for i, leaf := range all.Unwrap() {
					require.EqualError(t, leaf, fmt.Sprintf("app/%d: error %d", i, i), "the first ones, in order")
				}
				if c.failures > 1 {
					require.ErrorContains(t, err, fmt.Sprintf("tree: %d failures", c.failures))
				}
			})
		})
	}
}

// Groups within groups are counted by their leaves, so that a bound holds for all
// that an error keeps alive.
func TestScope_202_TheFailuresOfNestedScopesAreCountedByTheirLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.TaskGroup
		p.KeepErrors = 4
		group := func(failures int) func(context.Context) error {
			return func(ctx context.Context) error {
				return tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
					for range failures {
						if err := s.Go(ctx, failsAfter(tenth, errBoom)); err != nil {
							return err
						}
					}
					return nil
				})
			}
		}
		err := tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
			launch(ctx, t, s, "three", group(3))
			launch(ctx, t, s, "two", cleansUp(tenth, errCleanup))
			launch(ctx, t, s, "more", func(ctx context.Context) error {
				pause(3 * tenth)
				return group(2)(context.WithoutCancel(ctx))
			})
			return nil
		}, tree.WithName("app"), tree.WithObserver(&recorder{}))
		var all *tree.Errors
		require.ErrorAs(t, err, &all)
		require.Len(t, all.Unwrap(), 2, "of three leaves and of one")
		require.Equal(t, 2, all.Dropped(), "two leaves of the third group")
		require.ErrorContains(t, err, "and 2 more")
	})
}
