// Package policy decides: how a scope treats its children, whether a child that
// ended is started again, and whom that takes along. It starts nothing, waits
// for nothing and reads no clock.
package policy
