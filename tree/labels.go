package tree

import (
	"context"
	"runtime/pprof"
	"sync"
)

// The pprof labels of goroutines that run children and tasks.
const (
	labelScope = "scope" // path of the scope
	labelChild = "child" // name of the child; absent on plain tasks
)

// labeled is a context that carries a scope's labels, cached, and what they say.
type labeled struct {
	ctx  context.Context
	path string
}

// rootLabels keeps the labels of unnamed roots by the site of their body, so
// that a scope opened for each request costs no new ones. It grows with the
// program's text and no further.
var rootLabels sync.Map // uintptr -> *labeled

// label puts the scope's labels on the calling goroutine.
func (c *core) label() { pprof.SetGoroutineLabels(c.labeled().ctx) }

// labeled returns the scope's labels.
func (c *core) labeled() *labeled {
	if l := c.labels.Load(); l != nil {
		return l
	}
	l := c.makeLabels()
	c.labels.Store(l)
	return l
}

func (c *core) makeLabels() *labeled {
	if c.name == "" && c.under != nil && c.under.child == nil {
		return c.under.scope.labeled()
	}
	anonymous := c.name == "" && c.under == nil
	if anonymous {
		if l, ok := rootLabels.Load(c.site); ok {
			return l.(*labeled)
		}
	}
	l := &labeled{pprof.WithLabels(context.Background(), pprof.Labels(labelScope, c.path())), c.path()}
	if anonymous {
		rootLabels.Store(c.site, l)
	}
	return l
}

// label puts the child's labels, its scope's and its name, on the calling
// goroutine. They are made anew, and not kept for each child there is; all at once,
// which is cheaper than to add one to the scope's.
func (ch *Child) label() {
	both := pprof.Labels(labelScope, ch.owner().labeled().path, labelChild, ch.name)
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), both))
}
