// Package registry gives actors names and groups, by which others find them.
//
// # Usage
//
// [Names] has one owner for each key, [Groups] any number of entries. Both need no
// constructor: a variable of the program, or a field of what needs it, is one, with the
// type of the keys and that of the messages.
//
//	var stores registry.Names[string, Query]
//
//	spec := actor.Spec[Query]{Name: "db", New: stores.As("db", nil, newDB)}
//	...
//	rows, err := actor.Ask(ctx, stores.Via("db"), query)
//
// An actor gets a name where it is described, with [Names.As]; in its New, with
// [Names.Keep]; or from whoever started it, with [Names.Register]. [Names.Lookup] finds
// the owner of a name, and [Names.Via] is a Ref that does so at each send. [Groups.Join]
// adds to a group, [Groups.Publish] sends to all of it, and [Groups.One] is a Ref for one
// of it, picked in turn, by chance or by key. An entry may have a value, for others to
// choose by: [Groups.Dispatch] hands all to a function that does.
//
// # Who has a name, and for how long
//
// What is registered is an actor, by its Ref, and not an incarnation of it: it outlives
// restarts. It is gone when the actor has ended for good, and that before anybody else
// hears of the end: when Child.Wait returns, a watcher is told or a successor starts,
// the name is free. A process in Erlang has its name for one life, and Elixir's Registry
// cleans up after the end was told. The rest is as there: Names is its registry of
// unique keys, Groups that of duplicate keys, and pg.
//
// New runs again at each restart. So it is Keep that belongs there, which a Ref may call
// again; Register would refuse the name as taken, by the actor itself, and each Join
// would add one more entry.
//
// # What becomes of a message
//
// As with any Ref, nothing is lost silently. A send to a name that nobody has, or to one
// of an empty group, is [actor.ErrStopped]. Publish says how many took a message, and who
// did not and why.
//
// # Concurrency
//
// Everything may be called from any goroutine, by handlers and listeners too, and waits
// for nobody, but for Publish, which may wait for room, and [Names.Lock], which is there
// to wait. No lock is held while code of others runs. Lookups run side by side.
//
// What names and groups hold is in proportion to what is in them now, not to what was.
package registry
