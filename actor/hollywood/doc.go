// Package hollywood is the bridge to a Hollywood engine
// (github.com/anthdm/hollywood v1.0.5), both ways and over its remote:
//
//   - [Adopt] runs a Hollywood Receiver as a supervised actor, under its PID, with
//     the mailbox, the restarts and the stop of this module. [Spawn] does so in one call.
//   - [Expose] makes an actor of this module reachable as a PID, [ExposeScope] a
//     supervisor: [Order] starts children there by the name of a factory, from this node
//     or another.
//   - [RefTo] is the Ref of any PID, [RefAs] one whose messages are sent as others;
//     [Request] asks a PID and waits for what it responds.
//   - [Observe] tells what an engine tells its event stream, and a [Broadcaster] tells
//     an event stream what happens in a tree.
//   - [GuardRemote] and [Contain] keep from plain Hollywood code what would end the
//     program.
//
// # What an exposed or adopted actor is to Hollywood
//
// It stands in the engine's registry like a process, but has no Hollywood inbox and no
// goroutine while it is idle: the engine hands a message over on the goroutine of its
// sender, and it goes straight into the actor's mailbox. So there is one queue and not
// two, with the actor's own bound, and nothing is lost between them when either
// side stops. A message that the mailbox or its type refuses is told to Refused, or
// logged, and is a dead letter of the engine: never lost silently.
//
// The supervision stays here. Poison and Stop end an exposure and not the actor; of
// an adopted one they ask its supervisor to stop it. Their context is done then.
//
// # What is known of another node
//
// Nothing but what comes from there, and that the engine lost the connection: what runs
// there may have ended or not. Refs and Requests fail with [ErrUnreachable] then, at once
// and for [RetryAfter]. Whether a message that was on its way was handled nobody
// knows, which is what actor.ErrNoReply says. Where both nodes have this package, a
// Request also fails at once when there is no such process, when a mailbox is full, or
// when the actor fails, with the same errors as on one node.
//
// What goes to another node is a protobuf message, registered as protobuf's generated
// code does by itself. Convert in [Options].Accept, [ReplyAs] and [RefAs]. This package
// registers none: its orders and answers are structs of protobuf's own.
//
// # Hollywood's traps
//
// docs/FROM_HOLLYWOOD.md lists them, each with the test that shows it.
//
// An engine without a remote keeps no goroutine while it is idle; a
// SendRepeater keeps one until it is stopped, and the engine itself cannot be.
package hollywood
