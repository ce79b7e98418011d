package actor

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// modelLink is a link as its documentation has it.
type modelLink struct {
	by, with int
	stop     func() bool
	on       bool
	dooms    int // who is to fail by it; -1 for nobody
}

// linkModel is a troupe whose members link with each other.
type linkModel struct {
	*troupe
	all []*modelLink
}

func newLinkModel(t *rapid.T) *linkModel {
	c := &linkModel{troupe: newTroupe(t)}
	c.over = func(i int, why error) {
		for _, l := range c.all {
			if l.dooms == i {
				l.dooms = -1
			}
		}
		for _, l := range slices.Clone(c.all) {
			if l.by == i || l.with == i {
				c.apart(l, l.by+l.with-i, why)
			}
		}
	}
	c.gone = func(i int, _ error) {
		for _, l := range slices.Clone(c.all) {
			if l.with == i { // it waited for an incarnation that does not come
				c.apart(l, l.by, ErrStopped)
			}
		}
	}
	c.free = func(int) {}
	return c
}

// apart ends a link: i is left.
func (c *linkModel) apart(l *modelLink, i int, why error) {
	if !l.on {
		return
	}
	l.on = false
	if why != nil && c.members[i].up {
		l.dooms = i
		c.members[i].doomed = errDoomed
		c.settle(i)
	}
}

func (c *linkModel) link(t *rapid.T) {
	l := &modelLink{by: c.any(t, "by"), with: c.any(t, "with"), on: true, dooms: -1}
	target := c.members[l.with]
	dead := target.closed && !target.up
	ok := c.within(t, l.by, func(ctx context.Context) {
		var err error
		l.stop, err = Link(ctx, target.a.Ref(), c.members[l.by].a.Ref())
		require.Equal(t, dead, err != nil)
	})
	if ok && !dead && l.by != l.with {
		c.all = append(c.all, l)
	}
}

func (c *linkModel) unlink(t *rapid.T) {
	if len(c.all) == 0 {
		return
	}
	l := rapid.SampledFrom(c.all).Draw(t, "which")
	synctest.Wait() // who is to fail has, if it can
	require.Equal(t, l.on || l.dooms == l.by, l.stop())
	l.on = false
	if l.dooms == l.by {
		l.dooms = -1
	}
	for i, m := range c.members {
		m.doomed = nil
		if slices.ContainsFunc(c.all, func(l *modelLink) bool { return l.dooms == i }) {
			m.doomed = errDoomed
		}
	}
}

func TestLinksFollowTheirModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			c := newLinkModel(t)
			defer c.close()
			actions := c.actions()
			actions["link"], actions["link too"] = c.link, c.link
			actions["unlink"] = c.unlink
			t.Repeat(actions)
		})
	})
}
