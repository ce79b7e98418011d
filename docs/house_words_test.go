package docs_test

import (
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

var leftover = regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b`)

func leftovers(s *source) []finding {
	var found []finding
	for _, group := range s.file.Comments {
		for _, c := range group.List {
			if word := leftover.FindString(c.Text); word != "" {
				found = append(found, s.at(c.Pos(), "a comment says %s", word))
			}
		}
	}
	return found
}

// errorTexts checks the literal texts of errors: they begin with a small
// letter, unless the first word is all capitals, and end without a full stop;
// those of package-level variables begin with the name of their package.
func errorTexts(s *source) []finding {
	var found []finding
	ast.Inspect(s.file, func(n ast.Node) bool {
		text, ok := s.errorText(n)
		switch first := []rune(text + "  "); {
		case !ok:
		case unicode.IsUpper(first[0]) && unicode.IsLower(first[1]):
			found = append(found, s.at(n.Pos(), "%q begins with a capital", text))
		case strings.TrimRight(text, ".!\n") != text:
			found = append(found, s.at(n.Pos(), "%q ends like a sentence", text))
		}
		return true
	})
	name := s.file.Name.Name
	if s.test || name == "main" {
		return found
	}
	for _, spec := range topVars(s.file) {
		for _, value := range spec.Values {
			if text, ok := s.errorText(value); ok && !strings.HasPrefix(text, name+": ") {
				found = append(found, s.at(value.Pos(), "%q does not begin with %q", text, name+": "))
			}
		}
	}
	return found
}

// errorText returns the literal that n, a call that makes an error, begins
// its text with.
func (s *source) errorText(n ast.Node) (string, bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 || !s.refers(call.Fun, "errors", "New") && !s.refers(call.Fun, "fmt", "Errorf") {
		return "", false
	}
	arg := call.Args[0]
	for {
		sum, ok := arg.(*ast.BinaryExpr)
		if !ok {
			break
		}
		arg = sum.X
	}
	lit, ok := arg.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}
