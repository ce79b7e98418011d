package tree

import (
	"hash/maphash"
	"math/bits"
	"slices"
)

// names finds the children of a scope by their names, no two of which are the same. The
// zero value has none.
//
// There may be a million, so it is a hash table without room for the names themselves,
// which the children have; and it grows and shrinks with each child that comes or goes,
// by one bucket, so that no turn takes long because there are many. That is linear
// hashing: bucket 6, 110 in binary, takes from bucket 2, 10, those whose hash goes on
// with a 1, and gives them back when it goes.
//
// Invariant: there is one bucket for each child, and each child is in the chain of its
// bucket. (TestNamesFindWhatAMapFinds)
type names struct {
	buckets []*Child // the first of each chain, which goes on with Child.chained
}

// len returns how many there are.
func (n *names) len() int { return len(n.buckets) }

// find returns the child of that name, or nil.
func (n *names) find(name string) *Child {
	if len(n.buckets) == 0 {
		return nil
	}
	ch := n.buckets[n.bucket(name)]
	for ch != nil && ch.name != name {
		ch = ch.chained
	}
	return ch
}

// add adds a child.
func (n *names) add(ch *Child) {
	last := len(n.buckets)
	n.buckets = append(n.buckets, nil)
	if last > 0 {
		n.spread(splitFrom(last))
	}
	n.push(ch)
}

// remove removes a child, which is there.
func (n *names) remove(ch *Child) {
	at := &n.buckets[n.bucket(ch.name)]
	for *at != ch {
		at = &(*at).chained
	}
	*at, ch.chained = ch.chained, nil
	last := len(n.buckets) - 1
	chain := n.buckets[last]
	n.buckets[last] = nil
	n.buckets = n.buckets[:last]
	n.pushAll(chain)
	if cap(n.buckets) > 1024 && last < cap(n.buckets)/4 {
		n.buckets = slices.Clone(n.buckets)
	}
}

// bucket returns the number of the bucket for a name.
func (n *names) bucket(name string) int {
	size := len(n.buckets)
	hash := maphash.String(seed, name)
	i := int(hash & (1<<bits.Len(uint(size-1)) - 1))
	if i >= size {
		i = splitFrom(i)
	}
	return i
}

// splitFrom returns the bucket from which another one, not the first, takes its children:
// its number without the highest bit.
func splitFrom(i int) int { return i &^ (1 << (bits.Len(uint(i)) - 1)) }

// spread puts the children of a bucket where they belong.
func (n *names) spread(i int) {
	chain := n.buckets[i]
	n.buckets[i] = nil
	n.pushAll(chain)
}

// pushAll puts the children of a chain where they belong.
func (n *names) pushAll(chain *Child) {
	for chain != nil {
		next := chain.chained
		n.push(chain)
		chain = next
	}
}

// push puts a child where it belongs.
func (n *names) push(ch *Child) {
	i := n.bucket(ch.name)
	ch.chained, n.buckets[i] = n.buckets[i], ch
}
