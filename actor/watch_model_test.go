package actor

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// modelWatch is a watch as its documentation has it.
type modelWatch struct {
	name   string
	by, of int
	life   bool // of an incarnation
	stop   func() bool
	state  string // on, waits, off
	why    error
}

// watchModel is a troupe whose members watch each other.
type watchModel struct {
	*troupe
	all []*modelWatch
}

func newWatchModel(t *rapid.T) *watchModel {
	c := &watchModel{troupe: newTroupe(t)}
	c.over = func(i int, why error) {
		c.tell(i, true, why)
		for _, w := range c.all {
			if w.by == i {
				w.state = "off"
			}
		}
	}
	c.gone = func(i int, why error) {
		c.tell(i, true, ErrStopped)
		c.tell(i, false, why)
	}
	c.free = func(i int) {
		for _, w := range c.all {
			if w.by == i && w.state == "waits" {
				w.state = "off"
				c.members[i].note("got %s: %v", w.name, w.why)
			}
		}
	}
	return c
}

// tell tells those who watch i.
func (c *watchModel) tell(i int, life bool, why error) {
	for _, w := range slices.Clone(c.all) {
		if w.of == i && w.life == life && w.state == "on" {
			c.told(w, why)
		}
	}
}

// told has w told at the end of what is queued. It comes after the notices that wait.
func (c *watchModel) told(w *modelWatch, why error) {
	w.state, w.why = "waits", why
	c.all = append(slices.DeleteFunc(c.all, func(o *modelWatch) bool { return o == w }), w)
	if w.by != w.of || c.members[w.by].up {
		c.settle(w.by)
	}
}

func (c *watchModel) watch(t *rapid.T) {
	w := &modelWatch{name: "w" + c.name(), by: c.any(t, "by"), of: c.any(t, "of"), life: rapid.Bool().Draw(t, "life"), state: "on"}
	target := c.members[w.of]
	ok := c.within(t, w.by, func(ctx context.Context) {
		f, self := Watch[play, play], c.members[w.by].a.Ref()
		if w.life {
			f = WatchIncarnation[play, play]
		}
		var err error
		w.stop, err = f(ctx, target.a.Ref(), self, func(e Terminated) play { return say(fmt.Sprintf("%s: %v", w.name, e.Err)) })
		require.NoError(t, err)
	})
	if !ok {
		return
	}
	c.all = append(c.all, w)
	if target.closed && !target.up {
		c.told(w, ErrStopped)
	}
}

func (c *watchModel) unwatch(t *rapid.T) {
	if len(c.all) == 0 {
		return
	}
	w := rapid.SampledFrom(c.all).Draw(t, "which")
	require.Equal(t, w.state != "off", w.stop())
	w.state = "off"
}

func TestWatchesFollowTheirModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			c := newWatchModel(t)
			defer c.close()
			actions := c.actions()
			actions["watch"], actions["watch too"] = c.watch, c.watch
			actions["unwatch"] = c.unwatch
			t.Repeat(actions)
		})
	})
}
