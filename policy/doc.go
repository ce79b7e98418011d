// Package policy decides: how a scope treats its children, how the end of a
// child is to be understood, whether the child is started again, and whom that
// takes along. It is pure. It starts no goroutine, waits for nothing, reads no
// clock and draws no random number; what it needs of these it is told, and
// equal inputs have equal answers. Package tree does what it decides.
//
// # Scopes
//
// A [Scope] is a struct of choices whose zero value means something. Four of its
// values have names. To vary one, copy it, then change the copy:
//
//	s := policy.SupervisorScope
//	s.Strategy = policy.RestForOne
//
// What they are:
//
//	                   a child fails                it ends                leaving the body   kill wait
//	TaskGroup          cancels its siblings         when empty             waits              for ever
//	TaskScope          is reported                  when empty             waits              for ever
//	CancellationScope  is reported                  when the body leaves   cancels, waits     for ever
//	SupervisorScope    is answered by its Restart   on Shutdown            drains             30 s
//
// [Scope.Validate] refuses what contradicts itself, such as a Strategy in a scope
// that does not supervise, and says why. [Scope.WithDefaults] fills in what the
// zeros mean.
//
// A child may differ: a [Slot] has an OnFailure of its own, for the one worker
// whose failure ends a scope that otherwise only reports, or the one that must not
// take its siblings along.
//
// # How a child came back
//
// [Classify] makes one of four words of a child's error. The child may decide
// more than that: [Done] keeps it from being started again, [Fatal] ends its
// supervisor. Where the error says nothing, a [Decider] may: a function from errors
// to decisions, the child's own first and then those of the scopes around it.
//
//	the child                                       exit       Permanent  Transient  Temporary
//	returned nil                                    Returned   restarted  no         no
//	returned because its own context was canceled   Canceled   no         no         no
//	returned any other error, called Goexit         Failed     restarted  restarted  no
//	panicked                                        Panicked   restarted  restarted  no
//	returned Done(nil)                              Returned   no         no         no
//	returned Done(err)                              Failed     no         no         no
//	returned Fatal(err)                             Failed     the supervisor ends
//
// A cancellation is only one if it is all that the error says. One joined with
// the error of a failed clean-up is a failure; so is the context.Canceled of
// somebody else's context.
//
// # Restart values
//
//   - [Permanent], the zero value: always started again, unless it was canceled.
//     For services. You mostly want this one.
//   - [Transient]: started again when it failed. To return nil is to have
//     finished; the child keeps its place and name.
//   - [Temporary]: never started again; its place is forgotten. In a scope that
//     does not supervise every child is Temporary, and so is one with an OnFailure
//     of its own other than Supervise.
//
// # Strategies
//
// Children have an order: that in which they were given or added. A restart does
// not change it. In the examples b of a, b, c, d fails:
//
//	OneForOne   b is started
//	OneForAll   d, c and a are stopped, in this order; then a, b, c and d started
//	RestForOne  d and c are stopped; then b, c and d started
//
// A group is stopped, and started, one child at a time: each stop is waited for
// before the next, and each start until the child is up. Between them lies the
// [Backoff] of the child that failed. Children that come back without a failure,
// as Transient ones that returned nil, take nobody along.
//
// If a start fails in the middle of a group, RestForOne goes on from that child;
// OneForAll stops what had been started and begins again. Every attempt counts.
//
// # Intensity
//
// A supervisor that restarts for ever hides a fault that it cannot repair. Its
// [Intensity] says how many restarts are still normal: one more than Restarts in
// any stretch of Within is too many. What counts is every automatic restart that
// is tried: after a failure, after a Permanent child's return, and after a start
// that failed. A group is one restart. What a person asks for is none. The time
// that groups take to stop is left out, or children that are slow to stop would
// never reach the limit. The default is 3 in 5 s.
//
// What follows is a choice. [ExhaustedEscalate] ends the supervisor with an
// error, and its own supervisor decides, which counts there: a tree of depth n
// multiplies its limits. [ExhaustedStopChild] leaves the child stopped.
// [ExhaustedCoolDown] waits Within, and then the budget is whole again.
//
// A child may have a budget of its own beside the scope's, with its own answer:
// the noisy one is stopped alone, say, while the scope gives up when all is noisy.
//
// # Backoff
//
// Without a [Backoff] a restart follows at once. With one the waits grow, and chance
// spreads them, so that children which failed together do not come back together.
// The count starts again after an incarnation that ran long enough, or that said it
// is healthy. A child without a Backoff has that of its scope; [NoBackoff] is none. A
// [BackoffSource] takes its place where waits are somebody else's business.
//
// # Automatic shutdown
//
// A supervisor can end when its work is done. Mark the children that are the work
// as significant and set [AutoShutdown]: the supervisor ends with the first, or
// the last, significant child that ended by itself and is not started again. To
// be stopped by a person, canceled, or stopped with a group is not to end by
// itself. You mostly do not want any significant children.
//
// # Stopping
//
// [Stop] says how long a child may take: Grace to finish what it does after it was
// asked to, then Kill after its context was canceled. What still runs then is
// abandoned, because Go cannot kill it: it is reported, nobody waits for it, and
// unless it is [StuckReplace] nothing is started beside it; nor is a supervisor that has
// ended and left it behind. Under [StuckEscalate] the
// supervisor ends with it, and with a Kill of [Forever] it is waited for. [Order] says
// in which order a whole scope is stopped.
//
// Background children are there for the others: [Machine.Shutdown] leaves them
// alone, and [Machine.StopBackground] stops them when nothing else is left.
//
// # Bounds
//
//   - Timeout is a scope's own deadline. When it has come, body and children are
//     canceled at once, without a grace, and the kill wait follows. Under
//     [TimeoutMovesOn] that alone is no error; what a child failed with, and what was
//     abandoned, still is.
//   - Limit bounds the tasks and children that run at once, those that wait for a
//     restart included; further starts wait for a place. The body, background
//     children and what is shielded take none.
//   - KeepErrors bounds the errors that a scope keeps for its result. One that stands
//     for many, of a nested scope, is kept whole while there is room.
//   - Kill, of Stop: under [Forever] nobody is abandoned, but what still runs after
//     [DefaultKill] is reported, once.
//   - Panic says whether a panic crashes the process.
//
// # The machine
//
// A [Machine] makes the decisions of one supervisor. It is told what happened and
// answers what to do:
//
//	m.Exited(b, policy.Failed, policy.ByRestart, 0, now)     [stop c]
//	m.Exited(c, policy.Canceled, policy.ByRestart, 0, now)   [start b]
//	m.Started(b, now)                                        [start c]
//
// The files of testdata are its manual: scripts that say what happens and what
// is done then. Where it departs from OTP (docs/FROM_ERLANG.md says why):
//
//   - An operator's stop survives a group restart; OTP starts the child again. A
//     Transient child that had finished comes back with its group, as in OTP.
//   - A child that was canceled is not restarted, whatever its Restart.
//   - The window of an intensity is exact; OTP's counts whole seconds. Stop time
//     is left out.
//   - Exits that arrive while a group is under way wait in the order of exit. An
//     exit further up while a group waits for its delay widens the group. A start
//     that fails in a group is tried again before they are handled.
//   - An automatic shutdown, an exceeded intensity and Fatal are three different
//     ends; in OTP all are "shutdown", and a Transient supervisor that gave up
//     is silently gone.
package policy
