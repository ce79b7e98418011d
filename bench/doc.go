// Package bench holds the benchmarks that compare this library with what a Go
// program would use instead of it: so far a WaitGroup and errgroup.
//
// It is a module of its own, so that its peers never enter the go.mod of a
// user. Each benchmark does the same work through every peer in the same run
// and checks that the work was done; its axes are named key=value, so that
// benchstat can put the peers side by side:
//
//	go test -run='^$' -bench=. -count=10 ./bench | benchstat -col /with -
//
// What of others fits this library as it is, is shown here too, for the same reason.
package bench
