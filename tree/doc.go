// Package tree owns goroutines: every one it starts has a scope that knows it,
// contains its failure, reports it at once, answers it by a policy, and does not
// end before it, unless it says so.
//
// # Scopes
//
// A [Scope] is a lifetime that owns children. [Run] opens one around a body:
//
//	err := tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
//		for _, url := range urls {
//			if err := s.Go(ctx, func(ctx context.Context) error { return fetch(ctx, url) }); err != nil {
//				return err
//			}
//		}
//		return nil
//	})
//
// and [Open] one that a handle holds until [Scope.Close], for server hooks and
// long-lived objects. What a scope does is a [policy.Scope]: one type, and the
// presets TaskGroup, TaskScope, CancellationScope and SupervisorScope are four
// values of it.
//
// # Children
//
// [Scope.Go] starts a plain task: unnamed, counted, on the scope's own context.
// From ten tasks on a scope costs about what errgroup costs. [Scope.Start] makes a
// child from a [ChildSpec]: named, listed, with a context of its own, restartable.
// [Spawn] makes an actor a child; while idle it has no goroutine. A ChildSpec with a
// Policy is a supervisor with fixed children of its own, to any depth: a whole tree is
// one value, checked before anything starts, for [Scope.Start] or, as a root, [Boot].
//
// The ctx that these take says who asks and how long they wait. It is not what
// the child runs under: a child's lifetime and values come from its scope.
//
// A child may differ from its scope: with an OnFailure of its own, or as a
// Background child that is there for its siblings and ends when they have.
// [Scope.Shield] runs what must outlive its caller, such as the write behind a
// request. A policy with a Limit bounds what runs at once.
//
// # Many children
//
// A [Set] is a supervisor whose children have keys: put, replaced, found and removed by
// key, and gone from it as soon as they have ended for good. A [Factory] starts alike
// children, one for each argument. [Partitions] spread keys over several alike children,
// supervisors perhaps. Each step takes as long among a million as among ten, and a
// policy's Limit says how many there may be.
//
// # Results
//
// [Async] starts a task with a result to wait for. [Gather], [Race], [Any],
// [AsCompleted] and [Stream] run functions side by side in a scope of their own that
// is gone when they return: what is not needed any more is canceled and waited for.
//
// # What a child is asked, and how it answers
//
// A child is asked to end twice: softly, by [Draining], which leaves its context
// alone, and when its grace is over by the cancel of its context. How it came
// back decides what follows:
//
//	the child                                     exit       restarted when Permanent / Transient / Temporary
//	returned nil                                  Returned   yes / no / no
//	returned a cancel after its ctx was canceled  Canceled   no
//	returned any other error                      Failed     yes / yes / no
//	panicked                                      Panicked   yes / yes / no
//	called runtime.Goexit                         Failed     yes / yes / no
//	returned policy.Done(err)                     by err     no
//	returned policy.Fatal(err)                    Failed     no; its supervisor ends
//
// A foreign context.Canceled, from a context that is not the child's, is a
// failure like any other.
//
// What an error means can also be said outside: [ChildSpec].Decide and [WithDecider].
//
// # Operators
//
// A child is found by its handle, by name ([Scope.Child]) or by path ([Find]). It can
// be stopped ([Child.Shutdown]), and is then kept stopped, also when its group is
// restarted; started again ([Child.Restart]), removed ([Child.Remove]) and described
// anew ([Scope.Replace]). [Scope.Reconfigure] changes the rules of a supervisor while
// it runs. None of it counts as a failure, and none waits for the start or stop of any
// other child.
//
// # Stopping
//
// [Scope.Shutdown] takes a scope through the phases draining, canceling and
// closed, bounded by the grace and kill wait of its policy. What still runs then
// is abandoned: Go cannot kill a goroutine, but it can be named, with its path,
// age, site and stack, in the [ShutdownReport]. The scopes below are drained and
// canceled along with it. A policy's Timeout, which [Scope.SetDeadline] moves,
// cancels a scope by itself.
//
// What must not be cut has a shield: [Scope.Shield] for a function that is tracked
// and may outlive its caller; for a block, a scope opened under
// [context.WithoutCancel]. Both still end within the kill wait.
//
// # Concurrency
//
// Every scope is a supervisor actor: spawns, exits and shutdowns are messages in
// its inbox, handled one at a time on whichever goroutine finds the inbox idle.
// No user code runs in such a turn and nothing is waited for, so a slow start or
// stop delays nobody else. All methods may be called from any goroutine at once.
// [Scope.Ref] gives the supervisor's address to other actors.
//
// # Seeing
//
// [Scope.Snapshot] returns the live tree as data, and draws it. An [Observer]
// is told what happens; without one, failures, give-ups and stragglers go to
// [slog.Default], repeats folded. Goroutines carry the pprof labels "scope" and
// "child".
//
// # Testing
//
// The clock is the time package's, so trees run in testing/synctest bubbles as
// they are. Close what you Open inside a bubble.
package tree
