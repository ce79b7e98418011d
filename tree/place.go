package tree

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
)

// The pprof labels of goroutines that run children and tasks.
const (
	labelScope = "scope" // path of the scope
	labelChild = "child" // name of the child; absent on plain tasks
)

// labeled is a context that carries a scope's labels, cached.
type labeled struct{ ctx context.Context }

// path returns the scope's place in its tree. A nested scope without a name
// stands where it was opened.
func (c *core) path() string {
	at := ""
	switch {
	case c.under == nil && c.name == "":
		return funcName(c.site)
	case c.under == nil:
		return c.name
	case c.under.inc != nil:
		at = c.under.inc.child.Path()
	default:
		at = c.under.scope.path()
	}
	if c.name == "" {
		return at
	}
	return at + "/" + c.name
}

// rootLabels keeps the labels of unnamed roots by the site of their body, so
// that a scope opened for each request costs no new ones. It grows with the
// program's text and no further.
var rootLabels sync.Map // uintptr -> *labeled

// label puts the scope's labels on the calling goroutine.
func (c *core) label() { pprof.SetGoroutineLabels(c.labelContext()) }

func (c *core) labelContext() context.Context {
	if l := c.labels.Load(); l != nil {
		return l.ctx
	}
	l := c.makeLabels()
	c.labels.Store(l)
	return l.ctx
}

func (c *core) makeLabels() *labeled {
	if c.name == "" && c.under != nil && c.under.inc == nil {
		return &labeled{c.under.scope.labelContext()}
	}
	anonymous := c.name == "" && c.under == nil
	if anonymous {
		if l, ok := rootLabels.Load(c.site); ok {
			return l.(*labeled)
		}
	}
	l := &labeled{pprof.WithLabels(context.Background(), pprof.Labels(labelScope, c.path()))}
	if anonymous {
		rootLabels.Store(c.site, l)
	}
	return l
}

// label puts the child's labels, its scope's and its name, on the calling
// goroutine.
func (ch *Child) label() {
	pprof.SetGoroutineLabels(pprof.WithLabels(ch.scope.labelContext(), pprof.Labels(labelChild, ch.name)))
}

// functionPC returns where a function value's code begins, which names its file
// and line without anything being captured.
func functionPC(f any) uintptr { return reflect.ValueOf(f).Pointer() }

// callerPC returns the call that skip exported functions of this package made
// possible: 1 for the caller of the function that calls callerPC.
func callerPC(skip int) uintptr {
	var pcs [1]uintptr
	runtime.Callers(skip+2, pcs[:])
	return pcs[0]
}

// frameOf puts a program counter into words.
func frameOf(pc uintptr) runtime.Frame {
	if f := runtime.FuncForPC(pc); f != nil && f.Entry() == pc {
		file, line := f.FileLine(pc)
		return runtime.Frame{Function: f.Name(), File: file, Line: line}
	}
	frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	return frame
}

// siteOf returns "file.go:12" for a program counter, and "" for 0.
func siteOf(pc uintptr) string {
	if pc == 0 {
		return ""
	}
	f := frameOf(pc)
	return fmt.Sprintf("%s:%d", filepath.Base(f.File), f.Line)
}

// funcName returns the function's name without its package's directories, as
// in "main.serve" or "main.main.func1".
func funcName(pc uintptr) string {
	name := frameOf(pc).Function
	return name[strings.LastIndexByte(name, '/')+1:]
}
