package docs_test

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
)

// sharedState looks for package-level variables that hold channels or timers,
// themselves, in a struct of their package, in what a function of their package
// builds, or in what a sync.Pool makes.
func sharedState(files []*source) []finding {
	var found []finding
	dirs := byDir(files)
	for _, dir := range slices.Sorted(maps.Keys(dirs)) {
		p := newPackageNames(dirs[dir])
		for _, s := range dirs[dir] {
			for _, spec := range topVars(s.file) {
				if p.shares(s, spec) {
					found = append(found, s.at(spec.Pos(), "%s holds a channel or a timer", spec.Names[0].Name))
				}
			}
		}
	}
	return found
}

// topVars returns the entries of the package-level var declarations of file.
func topVars(file *ast.File) []*ast.ValueSpec {
	var specs []*ast.ValueSpec
	for _, decl := range file.Decls {
		if decl, ok := decl.(*ast.GenDecl); ok && decl.Tok == token.VAR {
			for _, spec := range decl.Specs {
				specs = append(specs, spec.(*ast.ValueSpec))
			}
		}
	}
	return specs
}

// packageNames finds what a name of one package stands for.
type packageNames struct {
	declared map[string]declared
	visited  map[string]bool // the names followed for the variable at hand
}

// declared is the type, or the body of the function, that a name stands for.
type declared struct {
	in   *source
	node ast.Node
}

func newPackageNames(files []*source) *packageNames {
	p := &packageNames{declared: map[string]declared{}}
	for _, s := range files {
		for _, decl := range s.file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Recv == nil && decl.Body != nil {
					p.declared[decl.Name.Name] = declared{s, decl.Body}
				}
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					if spec, ok := spec.(*ast.TypeSpec); ok {
						p.declared[spec.Name.Name] = declared{s, spec.Type}
					}
				}
			}
		}
	}
	return p
}

func (p *packageNames) shares(s *source, spec *ast.ValueSpec) bool {
	p.visited = map[string]bool{}
	if spec.Type != nil && p.holds(s, spec.Type) {
		return true
	}
	return slices.ContainsFunc(spec.Values, func(v ast.Expr) bool { return p.holds(s, v) })
}

// holds tells whether n, a type, a value or a body in s, is made of a channel
// or a timer. It follows the names of the package, but not through pointers
// and type arguments: a list of weak.Pointer[T] shares no channel of T. What a
// function takes or does later is not held either, unless it is a pool's New.
func (p *packageNames) holds(s *source, n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ChanType:
			found = true
		case *ast.SelectorExpr:
			found = found || s.refers(n, "time", "After", "AfterFunc", "NewTicker", "NewTimer", "Tick", "Ticker", "Timer")
			return false
		case *ast.Ident:
			found = found || p.follows(n.Name)
		case *ast.StarExpr:
			_, plain := n.X.(*ast.Ident)
			return !plain
		case *ast.IndexExpr:
			found = found || p.holds(s, n.X)
			return false
		case *ast.FuncType, *ast.InterfaceType:
			return false
		case *ast.FuncLit:
			return false
		case *ast.KeyValueExpr:
			if lit, ok := n.Value.(*ast.FuncLit); ok && isNew(n.Key) {
				found = found || p.holds(s, lit.Body)
			}
			found = found || p.holds(s, n.Value)
			return false
		}
		return !found
	})
	return found
}

func isNew(key ast.Expr) bool {
	id, ok := key.(*ast.Ident)
	return ok && id.Name == "New"
}

func (p *packageNames) follows(name string) bool {
	to, ok := p.declared[name]
	if !ok || p.visited[name] {
		return false
	}
	p.visited[name] = true
	return p.holds(to.in, to.node)
}

// presets looks for assignments to exported package-level variables of this
// module, to parts of them, and for addresses taken, by which they could be
// assigned to out of sight. Policies such as policy.TaskGroup are why; an
// error variable is as little meant to change.
func presets(files []*source) []finding {
	var found []finding
	for _, inDir := range byDir(files) {
		own := map[string]bool{}
		for _, s := range inDir {
			for _, spec := range topVars(s.file) {
				for _, name := range spec.Names {
					own[name.Name] = name.IsExported()
				}
			}
		}
		for _, s := range inDir {
			ast.Inspect(s.file, func(n ast.Node) bool {
				for _, e := range changed(n) {
					if name := s.preset(e, own); name != "" {
						found = append(found, s.at(n.Pos(), "changes %s, or lets it be changed", name))
					}
				}
				return true
			})
		}
	}
	slices.SortFunc(found, func(a, b finding) int { return strings.Compare(a.String(), b.String()) })
	return found
}

// changed returns the operands that n assigns to or takes the address of.
func changed(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			return []ast.Expr{n.Key, n.Value}
		}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			return []ast.Expr{n.X}
		}
	}
	return nil
}

// preset returns the name of the exported variable that e is, or is a part of;
// own are those of the package itself.
func (s *source) preset(e ast.Expr, own map[string]bool) string {
	for {
		if pkg, name := s.qualified(e); name != "" {
			if within(pkg, ourModule) && ast.IsExported(name) {
				return pkg + "." + name
			}
			return ""
		}
		switch x := e.(type) {
		case *ast.Ident:
			if own[x.Name] {
				return x.Name
			}
			return ""
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return ""
		}
	}
}
