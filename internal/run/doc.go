// Package run is the one place that starts and guards code the library did
// not write.
//
// [Go] holds the only go statement of the core and [Call] its only recover, so
// that "every goroutine has an owner" and "a panic leaves a child only as a
// value" can be checked by looking here; a test in docs keeps it so.
package run
