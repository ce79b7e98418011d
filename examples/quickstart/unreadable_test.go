package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatVanishesWhileTheWalkIsUnderWayIsCountedAsUnreadable(t *testing.T) {
	dir := write(t, map[string]string{"a.go": "package a\n", "b.go": "package b\n", "c/c.go": "package c\n", "d/d.go": "package d\n"})
	parse := func(ctx context.Context, path string) (source, error) {
		if filepath.Base(path) == "a.go" { // the only parser is busy here, so the walk gets no further than b.go
			require.NoError(t, os.Remove(filepath.Join(dir, "b.go")))
			require.NoError(t, os.RemoveAll(filepath.Join(dir, "c")))
		}
		return parseFile(ctx, path)
	}
	sum := index(t, &config{dir: dir, workers: 1, parse: parse})
	require.Equal(t, 4, sum.walk.found)
	require.Equal(t, 2, sum.book.parsed)
	gone := cause{"unreadable", "no such file or directory"}
	require.Equal(t, map[cause]*loss{gone: {files: 2, example: "b.go"}}, sum.book.failures)
	require.Equal(t, map[cause]int{gone.general(): 1}, sum.watch.crashes, "a folder costs no parser")
}
