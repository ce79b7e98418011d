package docs_test

import "strings"

// docsOffenders break the rules on comments, sizes and words.
var docsOffenders = []offender{
	{"exported names are documented", `package policy

type A int

// B has a comment.
type B struct {
	A
	C int
	D int // beside
	// above
	E struct{ F int }
	g int
}

//go:noinline
func (b *B) H() {}

func (b b) I() {}

// J has a comment.
type J interface {
	B
	K()
}

type (
	// L has one of its own.
	L int
	M int
)

func N[T any]() {}

func (l *O[T]) P() {}
-- policy/x_test.go --
package policy

func Helper() {}
`, []string{"policy/x.go:3", "policy/x.go:7", "policy/x.go:8", "policy/x.go:11", "policy/x.go:16",
		"policy/x.go:23", "policy/x.go:29", "policy/x.go:32", "policy/x.go:34"}},
	{"exported names are documented", `package policy

// These are two of a kind.
const (
	A = 1
	B = 2
)

var (
	C = 1 // beside
	D = 2
	e = 3
)

const F, g = 1, 2
`, []string{"policy/x.go:11", "policy/x.go:15"}},

	{"every package has a doc.go", `-- actor/doc.go --
// Package actor is in order.
package actor
-- actor/x_test.go --
// Package actor is commented twice.
package actor
-- docs/x_test.go --
package docs
-- examples/a/main.go --
// Program a is commented in the wrong place.
package main
-- mailbox/doc.go --
//go:build linux
package mailbox
-- policy/x.go --
package policy
`, []string{"actor/x_test.go:1", "examples/a/main.go:1", "examples/a/doc.go:1", "mailbox/doc.go:1", "policy/doc.go:1"}},

	{"files stay short", "package policy\n" + strings.Repeat("\n", 400), []string{"policy/x.go:401"}},
	{"files stay short", "package policy\n" + strings.Repeat("\n", 399), nil},

	{"functions stay short",
		"package policy\n\n// F has a long comment.\n//\n//\nfunc F() {\n" + strings.Repeat("\n", 59) + "}\n",
		[]string{"policy/x.go:6"}},
	{"functions stay short", "package policy\n\nfunc F() {\n" + strings.Repeat("\n", 58) + "}\n", nil},
	{"functions stay short", "package policy\n\nvar f = func() {\n" + strings.Repeat("\n", 59) + "}\n",
		[]string{"policy/x.go:3"}},
	{"functions stay short", "-- policy/x_test.go --\npackage policy\n\nfunc F() {\n" + strings.Repeat("\n", 98) + "}\n" +
		"func G() {\n" + strings.Repeat("\n", 99) + "}\n",
		[]string{"policy/x_test.go:103"}},

	{"nothing is left for later in a comment", `package policy

// F is not ready. TODO: finish.
func F() { /* FIXME */ }

var word = "TODO"

// TODOS is another word.
`, []string{"policy/x.go:3", "policy/x.go:4"}},

	{"errors name their package and read on", `package policy

import (
	"errors"
	"fmt"
)

var errGood = errors.New("policy: all is well")
var errLost = errors.New("no package")
var errBoth = fmt.Errorf("mailbox: %w", errGood)

func f(name string) error {
	_ = fmt.Errorf("%w: EOF", errGood)
	_ = errors.New("HTTP is fine")
	_ = errors.New("Sentence" + name)
	_ = errors.New(name)
	return errors.New("a full stop.")
}
-- examples/a/main.go --
package main

import "errors"

var errAlone = errors.New("no prefix is fine here")
`, []string{"policy/x.go:15", "policy/x.go:17", "policy/x.go:9", "policy/x.go:10"}},
}
