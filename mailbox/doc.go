// Package mailbox holds messages between those who send them and the one who
// handles them. It knows nothing of actors.
package mailbox
