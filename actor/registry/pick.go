package registry

import (
	"hash/maphash"
	"math/rand/v2"
	"sync/atomic"

	"github.com/understudy-go/understudy/actor"
)

// A Pick says which entry of a group is to get m: its index. There is at least one; who
// has them must not change them. It is called on the goroutine of the sender, by many at
// once. [RoundRobin], [Random] and [ByKey] make the usual ones.
type Pick[M any] func(m M, entries []Entry[M]) int

// RoundRobin returns a Pick that goes round: as long as the entries stay the same each is
// picked in its turn. Each call of RoundRobin makes one with a turn of its own.
func RoundRobin[M any]() Pick[M] {
	var turn atomic.Uint64
	return func(_ M, entries []Entry[M]) int {
		return int((turn.Add(1) - 1) % uint64(len(entries)))
	}
}

// Random returns a Pick that draws with f, which returns numbers in [0, 1) and is called
// by many at once: for tests that are to be the same each time. With nil chance is
// math/rand's.
func Random[M any](f func() float64) Pick[M] {
	if f == nil {
		f = rand.Float64
	}
	return func(_ M, entries []Entry[M]) int { return int(f() * float64(len(entries))) }
}

// ByKey returns a Pick that gives messages of equal keys to the same actor, as long as
// that is in the group. When one leaves only its keys go to others, spread over them;
// when one joins it takes a fair part of everybody's. Which keys go where differs from
// process to process. It takes a time that grows with the entries (rendezvous hashing).
func ByKey[M any, H comparable](key func(m M) H) Pick[M] {
	return func(m M, entries []Entry[M]) (best int) {
		spot, most := maphash.Comparable(seed, key(m)), uint64(0)
		for i := range entries {
			if score := mix(spot ^ maphash.Comparable(seed, entries[i].Ref)); score > most {
				best, most = i, score
			}
		}
		return best
	}
}

// seed is of the process, so that all agree where a key belongs.
var seed = maphash.MakeSeed()

// mix spreads what differs in any bit of x over all bits.
func mix(x uint64) uint64 {
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// One returns a Ref for one of the group key, which pick picks for each message and ask.
// Sends and asks fail with [actor.ErrStopped] when the group has nobody. If the one
// that was picked has ended, another is picked.
//
// Its ID has the text of the key as its path. It never ends: an AfterEnd, a watch or a
// link is for the group, and nobody is told. Each call returns another Ref. With a nil
// pick or a key that cannot be found again it is the zero Ref.
func (g *Groups[K, M]) One(key K, pick Pick[M]) actor.Ref[M] {
	if pick == nil || unfit(key) != "" {
		return actor.Ref[M]{}
	}
	return actor.NewRef[M](&one[K, M]{g, key, pick})
}
