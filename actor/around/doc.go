// Package around has what is often wanted around every message of an actor: to time
// and to trace it, to go on after some failures, to try it again, to bound how often and
// how long. Each is an [actor.Wrapper] for Spec.Wrap, the first outermost:
//
//	Wrap: []actor.Wrapper[job]{
//		around.Time(observe),                           // told of everything below, and with which error
//		around.Resume[job](isBadJob),                   // what is matched ends no incarnation
//		around.Gate[job](breaker),                      // refuses while what it needs is down
//		around.Retry[job](around.Retries{Times: 3}),    // each try goes through those below
//		around.Limit[job](rate.NewLimiter(10, 1)),      // waits for its turn
//		around.Timeout[job](time.Second),               // has a second from there
//	},
//
// # Order
//
// Each sees the messages, and the errors, that the ones outside and inside of it let
// through. So Time outside of Retry takes the time of all tries with their waits, and
// inside of it that of each; Resume outside of Retry goes on when the last try has failed;
// a Limit inside of Retry counts tries, outside of it messages. A Timeout belongs inside
// of Resume and Retry: where its context has ended, they have nothing left to try with.
//
// # What it is to fail
//
// The error of Receive is what these look at, as the supervisor does. That an actor
// answered an ask with bad news in its Reply is no failure. What is resumed or refused
// without an answer fails its asker at once, with a [*actor.NoReplyError].
//
// An error that says itself what is to follow, policy.Done or policy.Fatal, is neither
// resumed nor tried again; nor is any once the context has ended, for then the actor is
// being stopped. A panic is resumed by [ResumePanic] only, and never tried again. Time,
// Trace, Gate and ResumePanic hand a panic on as the [*policy.PanicError] that it is going
// to be, with the stack of its origin. Nothing here holds a Goexit up.
//
// # Concurrency
//
// A Wrapper may be given to any number of actors; what it was made of is then called by
// them side by side. For one actor there is one call at a time.
//
// Who is given nothing to work with returns nil, which Spec.Validate refuses.
package around
