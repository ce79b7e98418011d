package docs_test

// stateOffenders break the rules on what packages share.
var stateOffenders = []offender{
	{"no channels or timers at package level", `-- actor/x.go --
package actor

import (
	"sync"
	"time"
	"weak"
)

var a chan int
var b = make(chan struct{})
var c *time.Timer
var d = time.NewTicker(time.Second)
var e map[string]<-chan int
var f waiter
var g = &waiter{}
var h = newWaiter()
var i = sync.Pool{New: func() any { return newWaiter() }}
var j = sync.Pool{New: func() any { return &waiter{} }}
var k = &sync.Pool{New: func() any { return time.NewTimer(time.Hour) }}

var l time.Duration = time.Second
var m = sync.Pool{New: func() any { return new(plain) }}
var n []weak.Pointer[waiter]
var o *waiter
var p = func(c chan int) { c <- 1 }
var q = table()

type waiter struct{ done chan struct{} }

type plain struct{ next *waiter }

func newWaiter() *waiter { return &waiter{make(chan struct{})} }

func table() []int { return nil }

func user() { _ = make(chan int) }
`, []string{"actor/x.go:9", "actor/x.go:10", "actor/x.go:11", "actor/x.go:12", "actor/x.go:13", "actor/x.go:14",
		"actor/x.go:15", "actor/x.go:16", "actor/x.go:17", "actor/x.go:18", "actor/x.go:19"}},

	{"presets are constants", `-- examples/a/main.go --
package main

import (
	"os"

	p "github.com/understudy-go/understudy/policy"
)

func main() {
	p.TaskGroup = p.TaskScope
	p.TaskGroup.Limit = 3
	p.TaskGroup.Limit++
	scope := &p.TaskGroup
	(p.TaskGroup.Stop).Grace = 1
	for p.DefaultIntensity.Restarts = range 3 {
	}

	copied := p.TaskGroup
	copied.Limit = 3
	fine := &p.Scope{}
	os.Args = nil
	for _, copied = range presets {
	}
}

func f(p *config) { p.Limit = 3 }
`, []string{"examples/a/main.go:10", "examples/a/main.go:11", "examples/a/main.go:12", "examples/a/main.go:13",
		"examples/a/main.go:14", "examples/a/main.go:15"}},
	{"presets are constants", `-- policy/scope.go --
package policy

// The presets.
var (
	TaskGroup = Scope{Limit: 1}
	spare     Scope
)
-- policy/x_test.go --
package policy

func f() {
	TaskGroup.Limit = 2
	spare.Limit = 3
	scope := TaskGroup
	scope.TaskGroup = 4
}
`, []string{"policy/x_test.go:4"}},
}
