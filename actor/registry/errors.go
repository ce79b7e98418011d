package registry

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
)

var (
	// ErrTaken means that a name has an owner already. It is found, by errors.Is, in
	// a [*TakenError], which says who.
	ErrTaken = errors.New("registry: name is taken")

	// ErrNotFound means that nobody has the name, or that the actor is not in the
	// group.
	ErrNotFound = errors.New("registry: not found")

	// ErrNotOwner means that the name is somebody else's.
	ErrNotOwner = errors.New("registry: name is another's")

	// ErrSelfLock means that somebody asked for a lock inside the function that it
	// has the lock for, which would wait for itself.
	ErrSelfLock = errors.New("registry: waits for its own lock")
)

// TakenError is the error of [Names.Register] for a name that has an owner.
type TakenError[M any] struct {
	Key   any          // the name
	Owner actor.Ref[M] // who has it
	Self  bool         // whether that is who asked for it
}

// Error returns the name and its owner.
func (e *TakenError[M]) Error() string {
	by := e.Owner.String()
	if e.Self {
		by += " itself, which may Keep it"
	}
	return fmt.Sprintf("%v: %s, by %s", ErrTaken, worded(e.Key), by)
}

// Is reports whether target is [ErrTaken].
func (e *TakenError[M]) Is(target error) bool { return target == ErrTaken }

// keyError is ErrNotFound or ErrNotOwner with the key, which is put into words
// when they are read: its methods are the user's.
type keyError[K comparable] struct {
	reason error
	key    K
}

// Error returns the reason and the key.
func (e *keyError[K]) Error() string { return e.reason.Error() + ": " + worded(e.key) }

// Unwrap returns the reason.
func (e *keyError[K]) Unwrap() error { return e.reason }

// MissedError is the error of a message that was published and that not all of a
// group took. errors.Is finds the reason of each.
type MissedError[M any] struct {
	Took   int         // how many took it
	Missed []Missed[M] // the others, of whom there is at least one
}

// Missed is an entry of a group that did not take a message.
type Missed[M any] struct {
	Entry Entry[M] // who
	Err   error    // why: actor.ErrStopped, actor.ErrFull or the cause of a context
}

// maxWorded is how many of those that missed a message its error names.
const maxWorded = 3

// Error returns the numbers, and the first three with their reasons.
func (e *MissedError[M]) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "registry: %d of %d did not take the message", len(e.Missed), e.Took+len(e.Missed))
	sep := ": "
	for i, m := range e.Missed {
		if i == maxWorded {
			fmt.Fprintf(&b, "%sand %d more", sep, len(e.Missed)-i)
			break
		}
		fmt.Fprintf(&b, "%s%v: %v", sep, m.Entry.Ref, m.Err)
		sep = "; "
	}
	return b.String()
}

// Unwrap returns the reason of each.
func (e *MissedError[M]) Unwrap() []error {
	errs := make([]error, len(e.Missed))
	for i, m := range e.Missed {
		errs[i] = m.Err
	}
	return errs
}

// fault is a refused argument.
func fault(field string, value any, reason string) error {
	return &policy.FieldError{Field: "registry." + field, Value: value, Reason: reason}
}

// checkKey refuses a key that could not be found again.
func checkKey[K comparable](caller string, key K) error {
	if reason := unfit(key); reason != "" {
		return fault(caller+".key", key, reason)
	}
	return nil
}

// unfit says why a key could not be found again; "" if it can.
func unfit[K comparable](key K) string {
	switch any(key).(type) {
	case string, int, int64, uint64: // the most usual, which need no closer look
		return ""
	case nil:
		return "must not be nil"
	}
	if !reflect.ValueOf(key).Comparable() {
		return "cannot be compared"
	}
	if same := key; key != same {
		return "is not equal to itself"
	}
	return ""
}

// checkRef refuses a Ref that cannot have entries.
func checkRef[M any](caller string, ref actor.Ref[M]) error {
	switch target := ref.Target().(type) {
	case nil:
		return fault(caller+".ref", ref, "must not be the zero Ref")
	case interface{ standsForAnother() }:
		return fault(caller+".ref", ref, "must be an actor's own, not that of a name or group")
	default:
		if !reflect.TypeOf(target).Comparable() {
			return fault(caller+".ref", ref, "stands on a target that cannot be compared")
		}
	}
	return nil
}

// worded puts a key into words; a text stands in quotes.
func worded(key any) string {
	if s, ok := key.(string); ok {
		return strconv.Quote(s)
	}
	return fmt.Sprint(key)
}

// checkEntry refuses an entry that could not be found again.
func checkEntry[K comparable, M any](caller string, key K, ref actor.Ref[M]) error {
	if err := checkKey(caller, key); err != nil {
		return err
	}
	return checkRef(caller, ref)
}
