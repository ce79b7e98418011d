// Package router spreads messages among a pool of supervised actors that do the same:
// one address, many workers, as many as are wanted at the time.
//
// # Usage
//
//	pool, err := router.Start(ctx, scope, router.Spec[Job]{
//		Name:   "resizer",
//		Size:   8,
//		Worker: func(n int) actor.Spec[Job] { return actor.Spec[Job]{New: newWorker} },
//	})
//	err = pool.Ref().Send(ctx, Job{…})
//	err = pool.Resize(ctx, 16)
//
// # Who gets a message
//
// The next worker in turn that has room, unless [Spec.Pick] says otherwise: the picks of
// package registry are at random and by key. A pick by key keeps what belongs together
// with one worker, in order. No message is queued twice: there is no queue but those of
// the workers, with their own bounds, and a sender goes straight to one of them.
//
// # What becomes of the workers
//
// They are children of a scope of their own, at the path of the pool: "app/resizer/3".
// One that fails is restarted alone, as the pool's Policy says. When that gives up the
// pool fails, and its own scope decides. The pool itself is an actor without a goroutine.
//
// The semantics come from Akka's pool routers and Erlang's worker pools, but for the
// queue in front of the workers, which those have.
package router
