package router

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/registry"
	"github.com/understudy-go/understudy/internal/self"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// order is what the keeper of a pool is told.
type order struct {
	size int                // to have so many workers; 0: their scope has ended
	done actor.Reply[error] // for a size
	why  error              // the scope's error
	of   *tree.Scope        // which scope: that of an earlier incarnation is no news
}

// keeper is one incarnation of a pool: the actor that owns the scope of the workers.
type keeper[M any] struct {
	pool    *Pool[M]
	scope   *tree.Scope
	unhook  func() bool         // the keeper need not be told of the end of the scope any more
	names   []string            // by number
	entries []registry.Entry[M] // likewise
}

func (p *Pool[M]) newKeeper(ctx context.Context, own actor.Ref[order]) (actor.Receiver[order], error) {
	scope, err := tree.Open(ctx, p.spec.Policy)
	if err != nil {
		return nil, err
	}
	k := &keeper[M]{pool: p, scope: scope}
	err = policy.ErrGoexit // or a panic of Spec.Worker
	defer func() {
		if err != nil {
			p.publish(nil)
			scope.Cancel(err)
			_ = scope.Close() // it repeats err
		}
	}()
	if err = k.grow(ctx, p.Size()); err != nil {
		return nil, err
	}
	k.unhook = scope.Ref().AfterEnd(func(why error) { _ = own.TrySend(order{why: why, of: scope}) }) // refused: nobody needs to know
	p.over.Store(false)
	if !p.hooked.Swap(true) {
		own.OnEnd(self.Ending{Told: p.ended})
	}
	return k, nil
}

// Receive implements [actor.Receiver].
func (k *keeper[M]) Receive(ctx context.Context, o order) error {
	switch {
	case o.size == 0 && o.of != k.scope:
		return nil
	case o.size == 0 && o.why == nil:
		return policy.Done(nil)
	case o.size == 0:
		return o.why
	}
	var err error
	if o.size > len(k.entries) {
		err = k.grow(ctx, o.size)
	} else {
		err = k.shrink(ctx, o.size)
	}
	k.pool.size.Store(int64(len(k.entries)))
	o.done.Send(err)
	return nil
}

// Stopped implements [actor.Stopper]. The scope was asked to end with this incarnation,
// or has ended, and takes as long as its policy and that of the scopes around allow.
func (k *keeper[M]) Stopped(context.Context, error) {
	k.unhook()
	k.pool.publish(nil)
	_ = k.scope.Close() // which the keeper was told, if it is news
}

// grow spawns workers until there are size.
func (k *keeper[M]) grow(ctx context.Context, size int) (err error) {
	for n := len(k.entries); n < size && err == nil; n++ {
		spec := k.pool.spec.Worker(n)
		if spec.Name == "" {
			spec.Name = strconv.Itoa(n)
		}
		spec.Drain = true
		var ref actor.Ref[M]
		if ref, err = tree.Spawn(ctx, k.scope, spec); err != nil {
			err = fmt.Errorf("router: worker %d of %s: %w", n, k.pool.spec.Name, err)
			break
		}
		k.names = append(k.names, spec.Name)
		k.entries = append(k.entries, registry.Entry[M]{Ref: ref, Value: n})
	}
	k.pool.publish(k.entries)
	return err
}

// shrink takes workers away until there are size: all are asked, and then waited for.
func (k *keeper[M]) shrink(ctx context.Context, size int) error {
	gone := k.names[size:]
	k.names, k.entries = k.names[:size:size], k.entries[:size:size]
	k.pool.publish(k.entries)
	var leaving []*tree.Child
	for _, name := range gone {
		if ch, err := k.scope.Child(name); err == nil { // else it has ended and was forgotten
			_ = k.scope.Remove(name)
			leaving = append(leaving, ch)
		}
	}
	var errs []error
	for _, ch := range leaving {
		err := ch.Wait(ctx)
		if _, ended := ch.Exit(); !ended { // what it may have failed with is no news
			errs = append(errs, fmt.Errorf("router: %v: %w", ch, err))
		}
	}
	return errors.Join(errs...)
}

// ended has senders told that the pool has ended for good. An operator may start it again.
func (p *Pool[M]) ended(error) {
	p.hooked.Store(false)
	p.over.Store(true)
	p.publish(nil)
}
