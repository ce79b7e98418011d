// Package soak has no code of its own: its test lets all that has to do with actors run
// together, for minutes, and then looks whether anything was lost or left behind.
package soak
