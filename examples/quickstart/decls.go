package main

import (
	"go/ast"
	"go/token"
)

// decls counts declarations by kind.
type decls [declKinds]int

// The kinds of declarations. A const or var counts once for each name.
const (
	declImport = iota
	declConst
	declVar
	declType
	declFunc
	declMethod
	declKinds
)

var declNames = [declKinds]string{"import", "const", "var", "type", "func", "method"}

// add counts one spec of a declaration that began with tok.
func (n *decls) add(tok token.Token, s ast.Spec) {
	switch s := s.(type) {
	case *ast.ImportSpec:
		n[declImport]++
	case *ast.TypeSpec:
		n[declType]++
	case *ast.ValueSpec:
		if tok == token.CONST {
			n[declConst] += len(s.Names)
		} else {
			n[declVar] += len(s.Names)
		}
	}
}

// merge adds those of another file.
func (n *decls) merge(other decls) {
	for kind, count := range other {
		n[kind] += count
	}
}

func (n *decls) total() (sum int) {
	for _, count := range n {
		sum += count
	}
	return sum
}
