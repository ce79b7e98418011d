// Package flood keeps a log readable when much happens at once: it says which of the
// lines that many write at the same time are worth writing.
package flood
