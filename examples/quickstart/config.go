package main

import (
	"errors"
	"flag"
	"fmt"
	"go/build"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/understudy-go/understudy/policy"
)

// config is what the command line says, checked.
type config struct {
	dir       string  // to index; symbolic links resolved
	crashRate float64 // of tries to parse a good file that panic, in [0, 1)
	seed      uint64  // of the crashes: the same seed, the same crashes
	workers   int     // parsers; 1 to maxWorkers
	progress  bool    // a progress line even where there is no terminal

	parse parseFunc // parseFile, unless a test says otherwise
}

// maxWorkers is more parsers than any machine keeps busy.
const maxWorkers = 1024

// newConfig reads the arguments. It returns nil and no error when they ask for
// help, which it has then written to out; and all faults at once.
func newConfig(args []string, out io.Writer) (*config, error) {
	c := &config{parse: parseFile}
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Float64Var(&c.crashRate, "crash-rate", 0, "let parsers panic at this `share` of good files, from 0 to less than 1")
	flags.Uint64Var(&c.seed, "seed", 1, "which files they panic at: the same `n`, the same crashes")
	flags.IntVar(&c.workers, "workers", runtime.GOMAXPROCS(0), "how many `parsers`")
	flags.BoolVar(&c.progress, "progress", false, "show progress even where stderr is no terminal")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(out, "usage: quickstart [flags] [dir]\n\nIndexes the Go files under dir; without one, the source of the Go toolchain.")
		flags.SetOutput(out)
		flags.PrintDefaults()
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if flags.NArg() > 1 {
		return nil, fmt.Errorf("arguments = %q: give one dir, after the flags", flags.Args())
	}
	var dirErr error
	if c.dir, dirErr = findDir(flags.Args()); dirErr == nil {
		c.dir, dirErr = checkDir(c.dir)
	}
	if err := errors.Join(c.checkNumbers(), dirErr); err != nil {
		return nil, err
	}
	return c, nil
}

// checkNumbers words its faults as the policies do theirs.
func (c *config) checkNumbers() error {
	var faults []error
	if !(c.crashRate >= 0 && c.crashRate < 1) { // so written, NaN is refused too
		faults = append(faults, &policy.FieldError{Field: "-crash-rate", Value: c.crashRate, Reason: "must be at least 0 and less than 1"})
	}
	if c.workers < 1 || c.workers > maxWorkers {
		faults = append(faults, &policy.FieldError{Field: "-workers", Value: c.workers, Reason: fmt.Sprintf("must be 1 to %d", maxWorkers)})
	}
	return errors.Join(faults...)
}

// findDir returns the dir that was given, or where the toolchain keeps its source.
func findDir(args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	if root := build.Default.GOROOT; root != "" {
		return filepath.Join(root, "src"), nil
	}
	return "", errors.New("dir: none given, and no Go toolchain found")
}

// checkDir returns dir as it can be walked: a link to a directory is followed
// here, for the walk itself follows none.
func checkDir(dir string) (string, error) {
	fault := func(reason string) error {
		return fmt.Errorf("dir = %q: %s", dir, reason)
	}
	real, err := filepath.EvalSymlinks(dir)
	if dir == "" || errors.Is(err, os.ErrNotExist) {
		return "", fault("does not exist")
	}
	if err != nil {
		return "", fault(err.Error())
	}
	f, err := os.Open(real)
	if err != nil {
		return "", fault(err.Error())
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return "", fault(err.Error())
	} else if !info.IsDir() {
		return "", fault("is a file, not a directory")
	}
	return real, nil
}

// isTerminal reports whether w is a device that shows characters.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
