package docs_test

import (
	"go/ast"
	"go/token"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a page shows between <!-- code a, b: generated --> and <!-- end --> are the
// declarations a and b of the tests of this folder, with their comments: they are
// compiled, and what the page says of them is tested beside them.

// declarations returns the text of what the tests of docs declare, by name; a
// method's is T.m.
func declarations(t *testing.T) map[string]string {
	t.Helper()
	files, err := load(os.DirFS(".."))
	require.NoError(t, err)
	texts := map[string]string{}
	for _, s := range files {
		if s.dir != "docs" || !s.test {
			continue
		}
		text, err := os.ReadFile(path.Join("..", s.path))
		require.NoError(t, err)
		for _, decl := range s.file.Decls {
			from := decl.Pos()
			if doc := docOf(decl); doc != nil {
				from = doc.Pos()
			}
			texts[nameOf(decl)] = string(text[s.fset.Position(from).Offset:s.fset.Position(decl.End()).Offset]) + "\n"
		}
	}
	return texts
}

func docOf(decl ast.Decl) *ast.CommentGroup {
	if f, ok := decl.(*ast.FuncDecl); ok {
		return f.Doc
	}
	return decl.(*ast.GenDecl).Doc
}

// nameOf returns the name under which a page may show decl; of a group, that of
// the first of it.
func nameOf(decl ast.Decl) string {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Recv != nil {
			return baseName(decl.Recv.List[0].Type).Name + "." + decl.Name.Name
		}
		return decl.Name.Name
	case *ast.GenDecl:
		switch spec := decl.Specs[0].(type) {
		case *ast.TypeSpec:
			return spec.Name.Name
		case *ast.ValueSpec:
			return spec.Names[0].Name
		}
		if decl.Tok == token.IMPORT {
			return ""
		}
	}
	return ""
}

// shown finds the marks of code in a page.
var shown = regexp.MustCompile(`(?m)^<!-- (code ([\w., ]+)): generated -->$`)

// ownCheck are the pages whose Go is checked in a way of its own.
var ownCheck = map[string]string{"README.md": "TestTheProgramsOfTheReadmeSayWhatItSays"}

func TestTheGoCodeOfThePagesIsThatOfTheTests(t *testing.T) {
	declared := declarations(t)
	for page, text := range pages(t) {
		if ownCheck[page] != "" {
			continue
		}
		for _, m := range shown.FindAllStringSubmatch(text, -1) {
			var code []string
			for name := range strings.SplitSeq(m[2], ", ") {
				require.NotEmpty(t, declared[name], "%s shows %s, which no test of docs declares", page, name)
				code = append(code, declared[name])
			}
			sameAsPage(t, path.Join("..", page), m[1], "```go\n"+strings.Join(code, "\n")+"```\n")
		}
	}
}

func TestNoPageHasGoCodeThatIsNotCompiled(t *testing.T) {
	for page, text := range pages(t) {
		if goBlocks := strings.Count(text, "```go\n"); ownCheck[page] == "" {
			if marked := len(shown.FindAllString(text, -1)); goBlocks != marked {
				t.Errorf("%s has %d blocks of Go, and %d that are generated", page, goBlocks, marked)
			}
		}
	}
}
