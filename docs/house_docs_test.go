package docs_test

import (
	"go/ast"
	"maps"
	"path"
	"slices"
)

// documented checks that every exported name of a file that is not a test has
// a comment: types, functions, methods of exported types, constants and
// variables (a comment on their group will do), fields of structs and methods
// of interfaces (on them or beside them).
func documented(s *source) []finding {
	if s.test {
		return nil
	}
	var found []finding
	for _, decl := range s.file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Name.IsExported() && exportedReceiver(decl) && !says(decl.Doc) {
				found = append(found, s.at(decl.Pos(), "%s has no doc comment", decl.Name.Name))
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				found = append(found, s.undocumented(decl, spec)...)
			}
		}
	}
	return found
}

// undocumented checks one entry of a type, const or var declaration.
func (s *source) undocumented(decl *ast.GenDecl, spec ast.Spec) []finding {
	var found []finding
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if !spec.Name.IsExported() {
			return nil
		}
		// The comment above a bracketed group of types is about no one of them.
		if !says(spec.Doc) && (decl.Lparen.IsValid() || !says(decl.Doc)) {
			found = append(found, s.at(spec.Pos(), "%s has no doc comment", spec.Name.Name))
		}
		return append(found, s.members(spec.Name.Name, spec.Type)...)
	case *ast.ValueSpec:
		if says(decl.Doc, spec.Doc, spec.Comment) {
			return nil
		}
		for _, name := range spec.Names {
			if name.IsExported() {
				found = append(found, s.at(name.Pos(), "%s has no doc comment, nor has its group", name.Name))
			}
		}
	}
	return found
}

// members checks the exported fields or methods of the type named of, and of
// the structs within it.
func (s *source) members(of string, typ ast.Expr) []finding {
	var list []*ast.Field
	_, isStruct := typ.(*ast.StructType)
	switch typ := typ.(type) {
	case *ast.StructType:
		list = typ.Fields.List
	case *ast.InterfaceType:
		list = typ.Methods.List
	default:
		return nil
	}
	var found []finding
	for _, field := range list {
		names := field.Names
		if id := baseName(field.Type); isStruct && id != nil && len(names) == 0 {
			names = []*ast.Ident{id} // embedded
		}
		for _, name := range names {
			if !name.IsExported() {
				continue
			}
			if !says(field.Doc, field.Comment) {
				found = append(found, s.at(name.Pos(), "%s.%s has no comment on it or beside it", of, name.Name))
			}
			found = append(found, s.members(of+"."+name.Name, field.Type)...)
		}
	}
	return found
}

// baseName returns the name of the type that e points to, instantiates or
// takes from another package, and nil when it has none.
func baseName(e ast.Expr) *ast.Ident {
	switch e := e.(type) {
	case *ast.Ident:
		return e
	case *ast.SelectorExpr:
		return e.Sel
	case *ast.StarExpr:
		return baseName(e.X)
	case *ast.ParenExpr:
		return baseName(e.X)
	case *ast.IndexExpr:
		return baseName(e.X)
	case *ast.IndexListExpr:
		return baseName(e.X)
	}
	return nil
}

// exportedReceiver tells whether a user can name what the function belongs to.
func exportedReceiver(decl *ast.FuncDecl) bool {
	return decl.Recv == nil || baseName(decl.Recv.List[0].Type).IsExported()
}

// says tells whether any of the comments has words for a reader, not only
// directives for a tool.
func says(comments ...*ast.CommentGroup) bool {
	return slices.ContainsFunc(comments, func(c *ast.CommentGroup) bool { return c.Text() != "" })
}

// docFiles checks that each package's comment is in its doc.go, and there only.
func docFiles(files []*source) []finding {
	var found []finding
	dirs := byDir(files)
	for _, dir := range slices.Sorted(maps.Keys(dirs)) {
		code, doc := false, false
		for _, s := range dirs[dir] {
			code = code || !s.test
			isDoc, commented := path.Base(s.path) == "doc.go", says(s.file.Doc)
			doc = doc || isDoc && commented
			if commented && !isDoc {
				found = append(found, s.at(s.file.Doc.Pos(), "a package comment outside doc.go"))
			}
		}
		if code && !doc {
			found = append(found, finding{path.Join(dir, "doc.go"), 1, "no package comment here"})
		}
	}
	return found
}
