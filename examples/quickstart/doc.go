// Command quickstart indexes a tree of Go files with a pool of parsers that may
// crash, and loses no file over it.
//
//	go run ./examples/quickstart [-crash-rate p] [-seed n] [-workers n] [-progress] [dir]
//
// Without a dir it reads the toolchain's own source: thousands of files, and
// among its test data dozens that no parser accepts. A parser that meets one of
// those fails, and its supervisor starts it anew. With -crash-rate parsers also
// panic at random; the file is then parsed again, and the totals stay the same.
// Ctrl-C drains: files in flight are finished and counted. A second Ctrl-C
// cancels.
//
// # The tree
//
//	quickstart        the root scope, a supervisor            main.go
//	├─ index          actor: counts what became of each file  index.go
//	├─ parsers        supervisor of the pool                  pool.go
//	│  ├─ parser-1    actor: parses one file per message      parse.go
//	│  └─ parser-2 …
//	├─ progress       child: a line on a terminal             progress.go
//	└─ walker         child: finds the files                  walk.go
//	   └─ (tasks)     one per parser: sees a file through     feed.go
//
// Children are started in this order and stopped in the reverse of it, so that
// whoever is asked to finish can still reach those it needs to: the walker stops
// first and has the files in flight parsed and counted, the index stops last.
//
// # Who owns a file
//
// One task at a time, from the walk until the index has answered that the file
// is counted. Whatever happens to a parser, that task is told, so each file is
// counted once: as parsed, or as failed with its cause.
//
// # Where to start reading
//
// main.go wires the tree, feed.go is the life of one file, pool.go says how many
// failures are normal. watch.go sees all restarts, as an observer of the tree.
package main
