package tree

import (
	"context"
	"fmt"
	"iter"
	"slices"
)

// Set is a supervisor whose children have keys: rooms by number, connections by
// address. A key has at most one child at a time. The child leaves the set, and
// its key is free, as soon as it has ended for good, whatever its Restart and
// whoever stopped it; to wait for the child is to wait for its key. Each operation
// on a key takes a time that does not depend on how many there are.
//
// A child's name is the text of its key, as fmt.Sprint writes it, but of a pointer its
// address; with "/", "%" and control characters written as "%2F", "%25" and so on; the
// empty text is "%". Of two keys with one text only one can be in, and a String method of
// a key must not change its mind. Keys of an interface type may be of any type that can be
// compared, but not nil.
//
// The Limit of the supervisor's policy bounds the set: more are refused with [ErrFull]
// and never wait. A child counts until it has ended for good, also while it waits for a
// restart. When the supervisor itself is restarted its set is empty again; until then
// it is closed.
//
// A Set is a handle: it may be copied, and used by any number of goroutines. The zero
// Set is closed and has nobody in it.
type Set[K comparable] struct{ supervisor *Child }

// NewSet starts a supervisor for a set, as [Scope.Start] does, and returns the set.
// A nil Policy in spec means [policy.SupervisorScope]; one that ends when it is empty
// is refused, as is any other fault in spec. Children in spec have no key.
func NewSet[K comparable](ctx context.Context, s *Scope, spec ChildSpec) (Set[K], error) {
	ch, err := s.startSupervisor("NewSet", ctx, spec, callerPC())
	return Set[K]{ch}, err
}

// SetOf returns the set of a supervisor that was started otherwise, say as a fixed
// child. All sets of one supervisor are one. A child that is no supervisor is a
// [policy.FieldError].
func SetOf[K comparable](child *Child) (Set[K], error) {
	if err := supervising("SetOf", child); err != nil {
		return Set[K]{}, err
	}
	return Set[K]{child}, nil
}

// Supervisor returns the child whose set it is; nil for the zero Set.
func (s Set[K]) Supervisor() *Child { return s.supervisor }

// Put starts a child under a key. It returns as [Scope.Start] does, whose errors it
// shares, but does not wait for a place. The Name in spec must be empty. Further errors:
//
//   - [ErrDuplicate] when the key is taken, also by a child that has been asked to stop
//     and has not ended yet; it names both keys if they differ and share a text;
//   - [ErrFull] when there are as many as the Limit allows;
//   - a [policy.FieldError] for a key that cannot be found again.
func (s Set[K]) Put(ctx context.Context, key K, spec ChildSpec) (*Child, error) {
	return s.start(ctx, key, spec, membership{caller: "Set.Put", site: callerPC()})
}

// Replace stops the child under a key, waits until it has ended, and starts another in
// its place, before anybody else can; without one under the key it does as Put. Two
// that replace the same child do so one after the other. The errors are those of Put,
// where ErrDuplicate is only for the text of another key, and
//
//   - an error wrapping [ErrAbandoned] when the old child outlives its stop. It keeps
//     its key until it has ended, unless its Stop says StuckReplace;
//   - [ErrSelfWait] for a child that would replace itself, and for its descendants;
//   - [ErrDraining] also for the set's own descendants;
//   - ctx's cause when ctx ends first. The old child is stopped all the same.
func (s Set[K]) Replace(ctx context.Context, key K, spec ChildSpec) (*Child, error) {
	site := callerPC()
	if ctx == nil {
		return nil, fault("Set.Replace.ctx", nil, "must not be nil")
	}
	if old, err := s.get("Set.Replace", key); err == nil && old.around(ctx) {
		return nil, fmt.Errorf("%w: Replace of %s", ErrSelfWait, old.Path())
	}
	for {
		ch, err := s.start(ctx, key, spec, membership{caller: "Set.Replace", site: site, replaces: true})
		before, ok := err.(*succession)
		if !ok {
			return ch, err
		}
		select {
		case <-before.first.done.c():
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// start starts a child under a key.
func (s Set[K]) start(ctx context.Context, key K, spec ChildSpec, m membership) (*Child, error) {
	name, err := nameOfKey(m.caller, key)
	if err != nil {
		return nil, err
	}
	if spec.Name != "" {
		return nil, fault(m.caller+".spec.Name", spec.Name, "must be empty: it is the text of the key")
	}
	spec.Name, m.key = name, key
	return s.supervisor.startMember(ctx, spec, m)
}

// Remove stops the child under a key and waits until it has ended, as
// [Child.Shutdown] does, whose errors it shares. Without one it returns an error
// wrapping [ErrNotFound].
func (s Set[K]) Remove(ctx context.Context, key K) error {
	if ctx == nil {
		return fault("Set.Remove.ctx", nil, "must not be nil")
	}
	ch, err := s.get("Set.Remove", key)
	if err != nil {
		return err
	}
	return ch.Shutdown(ctx)
}

// Get returns the child under a key: one that runs, is going to, or has not ended yet.
// Without one it returns an error wrapping [ErrNotFound]; [ErrClosed] for the zero Set.
func (s Set[K]) Get(key K) (*Child, error) { return s.get("Set.Get", key) }

// get is Get for the function of that name.
func (s Set[K]) get(caller string, key K) (*Child, error) {
	name, err := nameOfKey(caller, key)
	if err != nil {
		return nil, err
	}
	c, err := s.supervisor.inner()
	if err != nil {
		return nil, err
	}
	var ch *Child
	c.inTurn(func() { ch = c.child(name) })
	if ch == nil || ch.key() != any(key) {
		return nil, fmt.Errorf("%w: key %s in %s", ErrNotFound, worded(key), c.path())
	}
	return ch, nil
}

// Each returns the keys with their children in the order in which they were put, as
// they were when the iteration began.
func (s Set[K]) Each() iter.Seq2[K, *Child] {
	return func(yield func(K, *Child) bool) {
		c, err := s.supervisor.inner()
		if err != nil {
			return
		}
		var list []*Child
		c.inTurn(func() {
			list = slices.DeleteFunc(c.children(), func(ch *Child) bool { return !ch.named })
		})
		for _, ch := range list {
			if key, ok := ch.key().(K); ok && !yield(key, ch) {
				return
			}
		}
	}
}

// Len returns how many keys are taken.
func (s Set[K]) Len() (n int) {
	c, err := s.supervisor.inner()
	if err != nil {
		return 0
	}
	c.inTurn(func() {
		if c.family != nil {
			n = c.family.keyed
		}
	})
	return n
}
