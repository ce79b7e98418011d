// Package hollywood is the bridge to a Hollywood engine
// (github.com/anthdm/hollywood v1.0.5), both ways: [Expose] makes an actor of
// this module reachable as a Hollywood PID, [RefTo] a Hollywood actor as a Ref.
//
// # What an exposed actor is to Hollywood
//
// An exposed Ref stands in the engine's registry like a process, but has no
// Hollywood inbox and no goroutine: the engine hands a message over on the
// goroutine of its sender, and it goes straight into the actor's mailbox. So
// there is one queue and not two, with the actor's own bound, and nothing is
// lost between them when either side stops. A message that the mailbox or its
// type refuses is told to [Options.Refused], or logged: never lost silently.
//
// The supervision stays here. Hollywood neither restarts an exposed actor nor
// sees it crash. Poison and Stop end the exposure and not the actor, and their
// context is done then, as for any process.
//
// # Hollywood's traps that matter here
//
//   - Messages have no type. What arrives is an any, and from another node
//     usually a pointer to a protobuf message: expose an actor of *Add, or convert
//     in [Options.Accept].
//   - Inboxes are unbounded, Send returns nothing, and a stopped process drops what
//     is queued. An exposed actor's mailbox is bounded; what its sender would
//     like to know goes to Refused.
//   - A Request that is never resolved stays in the registry until its Result is
//     called, and a second answer to one blocks the answering goroutine for ever:
//     [Sender.Respond] answers once at most.
//   - A process that exceeds MaxRestarts calls a nil function, which ends the
//     whole program. No bridge code can panic, but an Accept or a Refused of
//     yours runs inside the sender's process and can.
//   - Spawning under an ID that is taken returns the other process's PID, with an
//     event and no error. Expose returns [ErrDuplicate].
//   - Stopping a parent whose child blocks never ends. A sender waits at most
//     [Options.Patience] here, and by default not at all.
//
// An engine without a remote keeps no goroutine while it is idle; a
// SendRepeater keeps one until it is stopped, and the engine itself cannot be.
package hollywood
