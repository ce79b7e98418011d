package main

import (
	"context"
	"io/fs"
	"path/filepath"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// walk is the walker: it finds the files, and has a task for each parser that
// sees them through.
type walk struct {
	dir     string
	index   actor.Ref[indexMessage]
	parsers []actor.Ref[parseMessage]

	found int // files handed out; the walker's alone until the tree has closed
}

// spec describes the walker. A walk that was begun anew would count files twice:
// it is Temporary, which is never restarted.
func (w *walk) spec() tree.ChildSpec {
	return tree.ChildSpec{Name: "walker", Run: w.run, Restart: policy.Temporary}
}

// run walks the dir and returns when every file that it handed out is counted.
//
// Its tasks are a TaskGroup: if one of them fails, which takes the loss of the
// whole pool or of the index, the others are canceled, and so is the walk.
func (w *walk) run(ctx context.Context) error {
	return tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
		paths := make(chan string) // unbuffered: what is not taken was not begun
		defer close(paths)         // ends the tasks; leaving the body waits for them
		for _, p := range w.parsers {
			f := &feed{dir: w.dir, index: w.index, parser: p, paths: paths}
			if err := s.Go(ctx, f.run); err != nil {
				return err
			}
		}
		return w.walk(ctx, paths)
	})
}

// walk hands the path of each Go file, relative to the dir, to whichever task is
// free. Asked to drain it hands out no more, and that is all there is to it:
// the files in flight belong to the tasks.
func (w *walk) walk(ctx context.Context, paths chan<- string) error {
	draining := tree.Draining(ctx)
	return filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		select {
		case <-draining:
			return fs.SkipAll
		default:
		}
		name, _ := filepath.Rel(w.dir, path) // path is below dir
		switch {
		case err != nil: // a directory that cannot be read; the walk goes on without it
			w.found++
			return counted(ctx, w.index, outcome{path: name, failure: causeOf(err)})
		case !d.Type().IsRegular() || filepath.Ext(path) != ".go":
			return nil
		}
		select {
		case paths <- filepath.ToSlash(name):
			w.found++
			return nil
		case <-draining:
			return fs.SkipAll
		}
	})
}
