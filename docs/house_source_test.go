package docs_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// ourModule is the root module's path; nested modules have paths below it.
const ourModule = "github.com/understudy-go/understudy"

// source is one parsed Go file.
type source struct {
	path   string // slash-separated, from the top of the repository
	dir    string // the folder of its package; "." at the top
	module string // the folder of the go.mod it belongs to; "." is the root module
	test   bool   // whether it is a _test.go file
	lines  int
	fset   *token.FileSet
	file   *ast.File
	names  map[string]string // import path by the name the file uses for it
}

// finding is one place where a rule is broken.
type finding struct {
	path string
	line int
	text string
}

func (f finding) String() string { return fmt.Sprintf("%s:%d: %s", f.path, f.line, f.text) }

// load parses every Go file below the top of fsys, nested modules included.
// Like the go command it passes over testdata, vendor, and names that begin
// with a dot or an underscore.
func load(fsys fs.FS) ([]*source, error) {
	var files []*source
	modules := map[string]bool{".": true}
	fset := token.NewFileSet()
	// WalkDir goes in lexical order, so go.mod files are looked up on entering
	// a folder: "doc.go" would otherwise come before the "go.mod" beside it.
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			name := d.Name()
			if p != "." && (name == "testdata" || name == "vendor" || strings.ContainsAny(name[:1], "._")) {
				return fs.SkipDir
			}
			if _, err := fs.Stat(fsys, path.Join(p, "go.mod")); err == nil {
				modules[p] = true
			}
			return nil
		}
		if path.Ext(p) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(fsys, p)
		if err != nil {
			return err
		}
		s, err := parse(fset, p, text)
		if err != nil {
			return err
		}
		for s.module = s.dir; !modules[s.module]; {
			s.module = path.Dir(s.module)
		}
		files = append(files, s)
		return nil
	})
	return files, err
}

func parse(fset *token.FileSet, p string, text []byte) (*source, error) {
	file, err := parser.ParseFile(fset, p, text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	s := &source{
		path:  p,
		dir:   path.Dir(p),
		test:  strings.HasSuffix(p, "_test.go"),
		lines: bytes.Count(text, []byte("\n")),
		fset:  fset,
		file:  file,
		names: map[string]string{},
	}
	if n := len(text); n > 0 && text[n-1] != '\n' {
		s.lines++
	}
	for _, spec := range file.Imports {
		p := strings.Trim(spec.Path.Value, `"`)
		s.names[importName(spec, p)] = p
	}
	return s, nil
}

var majorVersion = regexp.MustCompile(`/v[0-9]+$`)

// importName is the name under which a file knows the package that spec
// imports, guessed from its path unless the file chose one.
func importName(spec *ast.ImportSpec, p string) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	return path.Base(majorVersion.ReplaceAllString(p, ""))
}

// core tells whether the file is part of what users build: the root module
// without its examples, tests and test kits.
func (s *source) core() bool {
	return s.module == "." && !s.test && !s.kit() && !within(s.dir, "examples")
}

// kit tells whether the file's package is a test kit: test code that has to be
// importable.
func (s *source) kit() bool { return isKit(s.dir) }

func isKit(dir string) bool { return strings.HasSuffix(path.Base(dir), "test") }

// within tells whether dir is top or below it.
func within(dir, top string) bool { return dir == top || strings.HasPrefix(dir, top+"/") }

// at makes a finding at pos.
func (s *source) at(pos token.Pos, format string, args ...any) finding {
	return finding{s.path, s.line(pos), fmt.Sprintf(format, args...)}
}

func (s *source) line(pos token.Pos) int { return s.fset.Position(pos).Line }

// qualified returns the import path and the name that e, such as time.Sleep,
// refers to; both are empty when e is anything else.
func (s *source) qualified(e ast.Node) (pkg, name string) {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	id, ok := sel.X.(*ast.Ident)
	if !ok || shadowed(id) || s.names[id.Name] == "" {
		return "", ""
	}
	return s.names[id.Name], sel.Sel.Name
}

// refers tells whether e is one of names of the package pkg.
func (s *source) refers(e ast.Node, pkg string, names ...string) bool {
	p, n := s.qualified(e)
	if p != pkg {
		return false
	}
	for _, name := range names {
		if n == name {
			return true
		}
	}
	return false
}

// shadowed tells whether id is a name declared in its own file, so that it
// does not stand for a package or a built-in function. Types would tell more,
// and cost a build.
func shadowed(id *ast.Ident) bool { return id.Obj != nil }

// each makes a rule about one file into a rule about all of them.
func each(check func(*source) []finding) func([]*source) []finding {
	return func(files []*source) []finding {
		var found []finding
		for _, s := range files {
			found = append(found, check(s)...)
		}
		return found
	}
}

// byDir groups files by folder.
func byDir(files []*source) map[string][]*source {
	dirs := map[string][]*source{}
	for _, s := range files {
		dirs[s.dir] = append(dirs[s.dir], s)
	}
	return dirs
}
