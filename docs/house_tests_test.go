package docs_test

import (
	"go/ast"
	"maps"
	"slices"
)

// sleeps checks tests and test kits; the name alone is enough, so that
// wait := time.Sleep is seen too.
func sleeps(s *source) []finding {
	if !s.test && !s.kit() {
		return nil
	}
	var found []finding
	ast.Inspect(s.file, func(n ast.Node) bool {
		if s.refers(n, "time", "Sleep") {
			found = append(found, s.at(n.Pos(), "time.Sleep"))
		}
		return true
	})
	return found
}

// skips checks tests and test kits for the three ways to skip. -short makes a
// test smaller here, not absent.
func skips(s *source) []finding {
	if !s.test && !s.kit() {
		return nil
	}
	var found []finding
	ast.Inspect(s.file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if ok && slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, sel.Sel.Name) {
				found = append(found, s.at(sel.Sel.Pos(), "%s", sel.Sel.Name))
			}
		}
		return true
	})
	return found
}

// leakChecks wants a TestMain with goleak.VerifyTestMain in each folder that
// has tests.
func leakChecks(files []*source) []finding {
	var found []finding
	dirs := byDir(files)
	for _, dir := range slices.Sorted(maps.Keys(dirs)) {
		tests := slices.DeleteFunc(slices.Clone(dirs[dir]), func(s *source) bool { return !s.test })
		if len(tests) > 0 && !slices.ContainsFunc(tests, checksLeaks) {
			found = append(found, finding{tests[0].path, 1, "no TestMain of " + dir + " calls goleak.VerifyTestMain"})
		}
	}
	return found
}

func checksLeaks(s *source) bool {
	verifies := false
	for _, decl := range s.file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Name.Name == "TestMain" {
			ast.Inspect(f, func(n ast.Node) bool {
				verifies = verifies || s.refers(n, "go.uber.org/goleak", "VerifyTestMain")
				return true
			})
		}
	}
	return verifies
}
