package docs_test

import (
	"fmt"
	"go/ast"
	"go/token"
)

// The limits of the house. The functions of tests may be longer for the tables
// in them.
const (
	maxFileLines         = 400
	maxFunctionLines     = 60
	maxTestFunctionLines = 100
)

func fileSizes(s *source) []finding {
	if s.lines <= maxFileLines {
		return nil
	}
	return []finding{{s.path, s.lines, fmt.Sprintf("the file has %d lines, more than %d", s.lines, maxFileLines)}}
}

// functionSizes counts from the line with func to the one with the closing
// brace. A literal counts as part of the function it stands in, or by itself
// when it is the value of a package-level variable.
func functionSizes(s *source) []finding {
	most := maxFunctionLines
	if s.test {
		most = maxTestFunctionLines
	}
	var found []finding
	check := func(name string, from, to token.Pos) {
		if lines := s.line(to) - s.line(from) + 1; lines > most {
			found = append(found, s.at(from, "%s has %d lines, more than %d", name, lines, most))
		}
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			check(n.Name.Name, n.Type.Func, n.End())
			return false
		case *ast.FuncLit:
			check("a function literal", n.Pos(), n.End())
			return false
		}
		return true
	})
	return found
}
