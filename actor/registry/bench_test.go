package registry_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/registry"
)

// sink is a target that takes everything, and ends never.
type sink struct{ fake }

func (s *sink) TryPut(actor.Envelope[string]) error { return nil }

func newSink() ref { return actor.NewRef[string](&sink{}) }

// crowd is as many names as a busy server has connections.
const crowd = 10_000

func crowdKeys() []string {
	keys := make([]string, crowd)
	for i := range keys {
		keys[i] = "app/sessions/" + strconv.Itoa(i)
	}
	return keys
}

// BenchmarkLookup finds one name of ten thousand, beside a sync.Map that does; an
// operation is one look.
func BenchmarkLookup(b *testing.B) {
	var n names
	var m sync.Map
	keys := crowdKeys()
	for _, key := range keys {
		r := newSink()
		if n.Register(key, r, nil) != nil {
			b.Fatal("refused")
		}
		m.Store(key, r)
	}
	for name, look := range map[string]func(key string) bool{
		"names":    func(key string) bool { _, _, err := n.Lookup(key); return err == nil },
		"sync.Map": func(key string) bool { r, ok := m.Load(key); return ok && !r.(ref).IsZero() },
	} {
		for _, side := range []int{1, 4} {
			b.Run(fmt.Sprintf("in=%s/goroutines=%d", name, side), func(b *testing.B) {
				b.ReportAllocs()
				b.SetParallelism(side)
				looks := func(more func() bool) {
					for i := 0; more(); i++ {
						if !look(keys[i%crowd]) {
							b.Fail()
						}
					}
				}
				if side == 1 {
					looks(b.Loop)
					return
				}
				b.RunParallel(func(pb *testing.PB) { looks(pb.Next) })
			})
		}
	}
}

// BenchmarkRegister has an actor come, with a name, and go, beside a sync.Map that keeps
// its Ref and its names; an operation is one actor.
func BenchmarkRegister(b *testing.B) {
	keys := crowdKeys()
	b.Run("in=names", func(b *testing.B) {
		var n names
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			f := &fake{}
			if n.Register(keys[i%crowd], f.ref(), nil) != nil {
				b.Fatal("refused")
			}
			f.end()
		}
	})
	b.Run("in=groups", func(b *testing.B) {
		var g groups
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			f := &fake{}
			if g.Join(keys[i%crowd], f.ref(), nil) != nil {
				b.Fatal("refused")
			}
			f.end()
		}
	})
	b.Run("in=sync.Map", func(b *testing.B) {
		var byKey, keysOf sync.Map
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			f := &fake{}
			key, r := keys[i%crowd], f.ref()
			r.AfterEnd(func(error) {})
			byKey.Store(key, r)
			keysOf.Store(r, []string{key})
			f.end()
			byKey.Delete(key)
			keysOf.Delete(r)
		}
	})
}

// BenchmarkPublish reaches a thousand, beside a sync.Map that is ranged over; an
// operation is one message to one of them.
func BenchmarkPublish(b *testing.B) {
	const size = 1000
	var g groups
	var m sync.Map
	for i := range size {
		r := newSink()
		if g.Join("news", r, nil) != nil {
			b.Fatal("refused")
		}
		m.Store(i, r)
	}
	b.Run("in=groups", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; i < b.N; i += size {
			if took, err := g.TryPublish("news", "hello"); took != size || err != nil {
				b.Fatal(took, err)
			}
		}
	})
	b.Run("in=sync.Map", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; i < b.N; i += size {
			m.Range(func(_, r any) bool { return r.(ref).TrySend("hello") == nil })
		}
	})
}

// BenchmarkSend sends to one, by its Ref, by name, and by pick of a group of eight.
func BenchmarkSend(b *testing.B) {
	var n names
	var g groups
	one := newSink()
	if n.Register("db", one, nil) != nil {
		b.Fatal("refused")
	}
	for range 8 {
		if g.Join("team", newSink(), nil) != nil {
			b.Fatal("refused")
		}
	}
	for _, to := range []struct {
		by  string
		ref ref
	}{
		{"ref", one}, {"name", n.Via("db")},
		{"round-robin", g.One("team", registry.RoundRobin[string]())},
		{"random", g.One("team", registry.Random[string](nil))},
		{"key", g.One("team", registry.ByKey(func(m string) string { return m }))},
	} {
		b.Run("by="+to.by, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if to.ref.TrySend("hello") != nil {
					b.Fatal("not taken")
				}
			}
		})
	}
}
