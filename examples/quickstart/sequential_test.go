package main

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// totals is what a plain loop finds, written without a look at the program.
type totals struct {
	good, broken []string // paths
	bytes        int64
	decls        map[string]int
}

// sequential counts the Go files under dir, one after the other.
func sequential(t *testing.T, dir string) *totals {
	t.Helper()
	sum := &totals{decls: make(map[string]int)}
	sum.folder(t, dir)
	return sum
}

// sequentialOf counts just the files at these paths.
func sequentialOf(t *testing.T, paths []string) *totals {
	t.Helper()
	sum := &totals{decls: make(map[string]int)}
	for _, path := range paths {
		sum.file(t, path)
	}
	return sum
}

func (s *totals) folder(t *testing.T, dir string) {
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case e.IsDir():
			s.folder(t, path)
		case e.Type().IsRegular() && strings.HasSuffix(path, ".go"):
			s.file(t, path)
		}
	}
}

func (s *totals) file(t *testing.T, path string) {
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	file, err := goparser.ParseFile(token.NewFileSet(), path, text, 0)
	if err != nil {
		s.broken = append(s.broken, path)
		return
	}
	s.good = append(s.good, path)
	s.bytes += int64(len(text))
	s.decls["import"] += len(file.Imports)
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			s.decls[map[bool]string{true: "func", false: "method"}[f.Recv == nil]]++
			continue
		}
		g := d.(*ast.GenDecl)
		for _, spec := range g.Specs {
			switch g.Tok {
			case token.TYPE:
				s.decls["type"]++
			case token.CONST, token.VAR:
				s.decls[g.Tok.String()] += len(spec.(*ast.ValueSpec).Names)
			}
		}
	}
}

// requireSame compares a book with the plain count, number by number.
func requireSame(t *testing.T, want *totals, got *book) {
	t.Helper()
	require.Equal(t, len(want.good), got.parsed, "files parsed")
	require.Equal(t, len(want.broken), got.failed, "files failed")
	require.Equal(t, want.bytes, got.bytes, "bytes of good files")
	for kind, count := range got.decls {
		require.Equal(t, want.decls[declNames[kind]], count, declNames[kind])
	}
	failures := 0
	for _, l := range got.failures {
		failures += l.files
	}
	require.Equal(t, got.failed, failures, "sum over the causes")
}
