package docs_test

import (
	"go/ast"
	"path"
	"slices"
	"strings"
)

const (
	hollywoodEngine = "github.com/anthdm/hollywood"
	protobuf        = "google.golang.org/protobuf"
	uuid            = "github.com/google/uuid"
)

// row says what the code of a package may import beside the standard library.
type row struct {
	ours   []string // packages of this module
	theirs []string // modules of others
	tests  []string // packages of this module that only its tests import
}

// diagram is the drawing of docs/ARCHITECTURE.md for the compiler. A new
// package starts with a line here.
var diagram = map[string]row{
	"policy":              {},
	"mailbox":             {},
	"mailbox/mailboxtest": {ours: []string{"mailbox"}},
	"internal/run":        {ours: []string{"policy"}},
	"internal/self":       {},
	"internal/soak":       {tests: []string{"actor", "actor/registry", "mailbox", "policy", "tree"}},
	"actor/around":        {ours: []string{"actor", "policy", "internal/run"}},
	"actor/registry":      {ours: []string{"actor", "policy", "internal/run", "internal/self"}, tests: []string{"tree"}},
	"actor/router":        {ours: []string{"actor", "actor/registry", "mailbox", "policy", "tree", "internal/self"}},
	"tree":                {ours: []string{"policy", "mailbox", "actor", "internal/flood", "internal/run", "internal/self"}, theirs: []string{uuid}, tests: []string{"actor/around"}},
	"internal/flood":      {},
	"actor":               {ours: []string{"policy", "mailbox", "internal/flood", "internal/run", "internal/self"}, theirs: []string{uuid}},
	"tree/treelog":        {ours: []string{"tree", "policy"}},
	"tree/treehttp":       {ours: []string{"tree", "policy"}},
	"tree/treetest":       {ours: []string{"tree", "policy", "actor"}},
	"actor/hollywood": {ours: []string{"actor", "policy", "tree", "internal/run", "internal/self"},
		theirs: []string{hollywoodEngine, protobuf, uuid}},
	"docs": {},
}

// testLibraries are for tests and test kits only: no user builds them.
var testLibraries = []string{"github.com/stretchr/testify", "go.uber.org/goleak", "pgregory.net/rapid"}

// imports checks one file of the root module against the diagram. A test may
// also use what lies further below its package, test kits and test libraries;
// examples, and the tests of docs, may use whatever a user may.
func imports(s *source) []finding {
	if s.module != "." {
		return nil
	}
	free := within(s.dir, "examples") || s.dir == "docs" && s.test
	allowed, listed := diagram[s.dir]
	if !free && !listed {
		return []finding{s.at(s.file.Name.Pos(), "package %s is not in the import diagram: give it a line there", s.dir)}
	}
	if s.test {
		allowed.ours = append(slices.Concat(below(s.dir), allowed.tests), s.dir)
	}
	if s.test || s.kit() {
		allowed.theirs = slices.Concat(allowed.theirs, testLibraries)
	}
	var found []finding
	for _, spec := range s.file.Imports {
		p := strings.Trim(spec.Path.Value, `"`)
		first, _, _ := strings.Cut(p, "/")
		own, isOurs := strings.CutPrefix(p, ourModule+"/")
		switch {
		case free && within(own, "internal"):
			found = append(found, s.at(spec.Pos(), "imports %s, which a user cannot", p))
		case free, !strings.Contains(first, "."):
		case isOurs && (slices.Contains(allowed.ours, own) || s.test && isKit(own)):
		case !isOurs && slices.ContainsFunc(allowed.theirs, func(m string) bool { return within(p, m) }):
		default:
			found = append(found, s.at(spec.Pos(), "%s may not import %s", s.dir, p))
		}
	}
	return found
}

// below lists the packages that dir imports, and those that they import.
func below(dir string) []string {
	var all []string
	for _, d := range diagram[dir].ours {
		all = append(append(all, d), below(d)...)
	}
	return all
}

// impure are the packages whose use would give policy a clock, a lock, a
// context, a log, chance or a way to the outside; those below them count too.
var impure = []string{
	"context", "crypto", "io", "log", "math/rand", "net", "os", "plugin", "sync", "syscall", "testing", "unsafe",
}

// clocks are the names of package time that read the clock or start one. The
// rest of it, Duration above all, is arithmetic.
var clocks = []string{"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"}

// purity checks one file of package policy.
func purity(s *source) []finding {
	if s.dir != "policy" || s.test {
		return nil
	}
	var found []finding
	for _, spec := range s.file.Imports {
		p := strings.Trim(spec.Path.Value, `"`)
		if slices.ContainsFunc(impure, func(top string) bool { return within(p, top) }) {
			found = append(found, s.at(spec.Pos(), "imports %s", p))
		}
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ChanType:
			found = append(found, s.at(n.Pos(), "uses a channel"))
		case *ast.SelectorExpr:
			if s.refers(n, "time", clocks...) {
				found = append(found, s.at(n.Pos(), "asks the clock: time.%s", n.Sel.Name))
			}
		}
		return true
	})
	return found
}

// guarded is the one package that starts and guards code.
const guarded = "internal/run"

// oneOfAKind looks for the go statements and the recover calls of the core: one
// of each, in internal/run.
func oneOfAKind(files []*source) []finding {
	var found []finding
	seen := map[string]int{}
	for _, s := range files {
		if !s.core() {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			what := startOrGuard(n)
			if what == "" {
				return true
			}
			if s.dir != guarded {
				found = append(found, s.at(n.Pos(), "%s outside %s", what, guarded))
			} else if seen[what]++; seen[what] > 1 {
				found = append(found, s.at(n.Pos(), "a second %s", what))
			}
			return true
		})
	}
	for _, what := range []string{"go statement", "recover call"} {
		if seen[what] == 0 {
			found = append(found, finding{path.Join(guarded, "run.go"), 1, "no " + what})
		}
	}
	return found
}

func startOrGuard(n ast.Node) string {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "go statement"
	case *ast.CallExpr:
		if id, ok := n.Fun.(*ast.Ident); ok && id.Name == "recover" && !shadowed(id) {
			return "recover call"
		}
	}
	return ""
}
