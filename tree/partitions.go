package tree

import (
	"context"
	"fmt"
	"hash/maphash"
	"iter"
	"reflect"
	"runtime"
	"strconv"
	"sync/atomic"
)

// Partitions are alike children of a supervisor, its fixed ones, among which keys are
// spread: each key has one partition, the same each time, as long as the process runs
// and as many are in use: all of them, unless [Partitions.Resize] says otherwise. So
// work that one child would have to do alone is done by many, and what belongs to one
// key stays in one place. A partition may be a supervisor itself; its [Child.Scope],
// or its [SetOf], then takes the children of its keys.
//
// All Partitions of one supervisor are one. Their methods may be called from any
// goroutine at once. Those of a nil *Partitions, and of the zero Partitions, are of a
// closed one without partitions.
type Partitions struct {
	supervisor *Child
	names      []string
	now        atomic.Pointer[partitioned]
}

// partitioned are the partitions of one incarnation of the supervisor.
type partitioned struct {
	core     *core
	children []*Child // by number; nil for one that was removed
}

// seed is of the process, so that all Partitions of one supervisor agree.
var seed = maphash.MakeSeed()

// NewPartitions starts a supervisor of count partitions, as [Scope.Start] does, and
// returns them when all are up. A count of 0 means [runtime.GOMAXPROCS]. partition makes
// the spec of each from its number, from 0 on; without a Name of its own it is called by
// its number. spec is the supervisor's; a nil Policy in it means SupervisorScope, and its
// Children must be empty. Any fault is a [policy.FieldError], and then nothing starts.
func NewPartitions(ctx context.Context, s *Scope, spec ChildSpec, count int, partition func(i int) ChildSpec) (*Partitions, error) {
	site := callerPC()
	switch {
	case count < 0:
		return nil, fault("NewPartitions.count", count, "must not be negative")
	case partition == nil:
		return nil, fault("NewPartitions.partition", nil, "must be a function")
	case len(spec.Children) > 0:
		return nil, fault("NewPartitions.spec.Children", len(spec.Children), "must be empty: they are the partitions")
	case count == 0:
		count = runtime.GOMAXPROCS(0)
	}
	spec.Children = make([]ChildSpec, count)
	for i := range spec.Children {
		spec.Children[i] = partition(i)
		if one := &spec.Children[i]; one.Name == "" {
			one.Name = strconv.Itoa(i)
		}
	}
	ch, err := s.startSupervisor("NewPartitions", ctx, spec, site)
	if err != nil {
		return nil, err
	}
	return PartitionsOf(ch)
}

// PartitionsOf returns the partitions of a supervisor that was started otherwise, say
// as a fixed child: they are its Children. A child that is no supervisor, or has no
// Children, is a [policy.FieldError].
func PartitionsOf(child *Child) (*Partitions, error) {
	if err := supervising("PartitionsOf", child); err != nil {
		return nil, err
	}
	p := &Partitions{supervisor: child}
	for _, one := range child.spec().Children {
		p.names = append(p.names, one.Name)
	}
	if len(p.names) == 0 {
		return nil, fault("PartitionsOf.child", child.Path(), "must have Children")
	}
	return p, nil
}

// Supervisor returns the child whose partitions they are; nil for nil.
func (p *Partitions) Supervisor() *Child {
	if p == nil {
		return nil
	}
	return p.supervisor
}

// Count returns how many partitions are in use.
func (p *Partitions) Count() int {
	if p == nil {
		return 0
	}
	if c, err := p.supervisor.inner(); err == nil {
		return p.count(c)
	}
	return len(p.names)
}

// count returns how many are in use in an incarnation of the supervisor.
func (p *Partitions) count(c *core) int {
	if n := c.inUse.Load(); n != nil {
		return min(*n, len(p.names))
	}
	return len(p.names)
}

// For returns the partition of a key. An integer k, of whatever type, belongs to
// partition |k| mod Count: so the numbers from 0 on are also those of the partitions. Any
// other key belongs where its hash says; that differs from process to process.
//
// It takes no turn of the supervisor, but for the first time after a restart of it. A
// partition that is being restarted is returned all the same: a [Child] outlives its
// incarnations. The errors: a [policy.FieldError] for a key that is nil, cannot be
// compared, or is not equal to itself; [ErrNotFound] for a partition that was removed,
// and when none is in use; [ErrClosed], and [ErrNoSupervisor] before the supervisor ran.
func (p *Partitions) For(key any) (*Child, error) {
	k, err := p.spot(key)
	if err != nil {
		return nil, err
	}
	c, err := p.supervisor.inner()
	if err != nil {
		return nil, err
	}
	n := uint64(p.count(c))
	if n == 0 {
		return nil, fmt.Errorf("%w: no partition of %s is in use", ErrNotFound, c.path())
	}
	i := int(k % n)
	now := p.now.Load()
	if now == nil || now.core != c {
		now = p.look(c)
	}
	if ch := now.children[i]; ch != nil {
		if _, ended := ch.Exit(); !ended {
			return ch, nil
		}
	}
	return p.ask(c, i)
}

// ask looks for a partition that may have been removed, or is not there yet.
func (p *Partitions) ask(c *core, i int) (ch *Child, err error) {
	c.inTurn(func() {
		ch = c.child(p.names[i])
		if c.family == nil {
			err = ErrClosed
		}
	})
	if ch == nil && err == nil {
		err = fmt.Errorf("%w: %q in %s", ErrNotFound, p.names[i], c.path())
	}
	return ch, err
}

// spot turns a key into a number; its remainder is that of the key's partition.
func (p *Partitions) spot(key any) (uint64, error) {
	if p == nil || len(p.names) == 0 {
		return 0, ErrClosed
	}
	if err := checkKey("Partitions.For", key); err != nil {
		return 0, err
	}
	switch v := reflect.ValueOf(key); {
	case v.CanInt() && v.Int() < 0:
		return -uint64(v.Int()), nil // also of the least one
	case v.CanInt():
		return uint64(v.Int()), nil
	case v.CanUint():
		return v.Uint(), nil
	}
	return maphash.Comparable(seed, key), nil
}

// Each returns the partitions in use with their numbers, as they were when the iteration
// began, without those that were removed.
func (p *Partitions) Each() iter.Seq2[int, *Child] {
	return func(yield func(int, *Child) bool) {
		if p == nil {
			return
		}
		c, err := p.supervisor.inner()
		if err != nil {
			return
		}
		for i, ch := range p.look(c).children[:p.count(c)] {
			if ch != nil && !yield(i, ch) {
				return
			}
		}
	}
}

// look finds the partitions of an incarnation of the supervisor, and remembers them once
// they are there.
func (p *Partitions) look(c *core) *partitioned {
	now := &partitioned{core: c, children: make([]*Child, len(p.names))}
	booted := false
	c.inTurn(func() {
		booted = c.family != nil
		for i, name := range p.names {
			now.children[i] = c.child(name)
		}
	})
	if booted {
		p.now.Store(now)
	}
	return now
}
