package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// mixed is a tree in which every third file is broken.
func mixed(t *testing.T, files int) (dir string) {
	texts := make(map[string]string)
	for i := range files {
		name := fmt.Sprintf("p%d/f%d.go", i%7, i)
		switch i % 6 {
		case 2:
			texts[name] = fmt.Sprintf("package p\n\nfunc f%d() { return ]\n", i)
		case 5:
			texts[name] = ""
		default:
			texts[name] = fmt.Sprintf("package p\n\nimport \"fmt\"\n\nconst a%d, b%d = 1, 2\n\ntype t%d int\n\nfunc (t t%d) m() { fmt.Println(t) }\n", i, i, i, i)
		}
		texts[name+".txt"] = "not a Go file"
	}
	texts["folder.go/inside.go"] = "package p\n\nvar x, y int\n"
	return write(t, texts)
}

func TestTheTotalsOfRealSourceEqualASequentialCount(t *testing.T) {
	dir := toolchain("go")
	if testing.Short() {
		dir = toolchain("go/parser")
	}
	want := sequential(t, dir)
	require.NotEmpty(t, want.good)
	require.NotEmpty(t, want.broken, "the toolchain's test data has broken files")
	for _, rate := range []float64{0, 0.3} {
		t.Run(fmt.Sprintf("crash-rate=%v", rate), func(t *testing.T) {
			sum := index(t, &config{dir: dir, workers: 4, crashRate: rate, seed: 7, parse: parseFile})
			requireSame(t, want, sum.book)
			require.Equal(t, len(want.good)+len(want.broken), sum.walk.found)
		})
	}
}

func TestTheTotalsAreTheSameAtAnyCrashRateSeedAndPoolSize(t *testing.T) {
	dir := mixed(t, 120)
	want := sequential(t, dir)
	require.Len(t, want.broken, 40)
	seeds := uint64(3)
	if testing.Short() {
		seeds = 1
	}
	for _, rate := range []float64{0, 0.1, 0.5, 0.95} {
		for seed := range seeds {
			for _, workers := range []int{1, 2, 16} {
				t.Run(fmt.Sprintf("crash-rate=%v/seed=%d/workers=%d", rate, seed, workers), func(t *testing.T) {
					c := &config{dir: dir, workers: workers, crashRate: rate, seed: seed, parse: parseFile}
					sum := index(t, c)
					requireSame(t, want, sum.book)
					injected := expectedCrashes(t, c, want.good)
					require.Equal(t, injected, sum.watch.crashes[cause{kind: "injected crash"}])
					requireRestarts(t, sum, injected+len(want.broken), workers)
				})
			}
		}
	}
}

// requireRestarts wants a restart for each crash. A parser that crashes at its
// last file may be asked to stop before it was restarted, and then is not.
func requireRestarts(t *testing.T, sum *summary, crashes, workers int) {
	t.Helper()
	require.LessOrEqual(t, sum.watch.restarts, crashes)
	require.GreaterOrEqual(t, sum.watch.restarts, crashes-workers)
}

// expectedCrashes counts the tries that chance lets crash: those of each good
// file up to the one that passes.
func expectedCrashes(t *testing.T, c *config, good []string) (n int) {
	for _, path := range good {
		name, err := filepath.Rel(c.dir, path)
		require.NoError(t, err)
		for try := 1; c.chaos().strikes(filepath.ToSlash(name), try); try++ {
			n++
		}
	}
	return n
}

func TestEachBrokenFileIsTriedAndFailedExactlyOnce(t *testing.T) {
	dir := mixed(t, 60)
	want := sequential(t, dir)
	var mu sync.Mutex
	tries := make(map[string]int)
	parse := func(ctx context.Context, path string) (source, error) {
		src, err := parseFile(ctx, path)
		if err != nil {
			mu.Lock()
			defer mu.Unlock()
			tries[path]++
			err = errors.New(filepath.Base(path)) // a cause of its own for each file
		}
		return src, err
	}
	sum := index(t, &config{dir: dir, workers: 3, crashRate: 0.5, seed: 3, parse: parse})
	requireSame(t, want, sum.book)
	require.Len(t, sum.book.failures, len(want.broken))
	for _, path := range want.broken {
		require.Equal(t, 1, tries[path], path)
		l := sum.book.failures[cause{"other", filepath.Base(path)}]
		require.NotNil(t, l, path)
		require.Equal(t, 1, l.files, path)
	}
}

func TestAPanicOfTheParserItselfCostsNothingButItsFile(t *testing.T) {
	dir := mixed(t, 60)
	want := sequential(t, dir)
	parse := func(ctx context.Context, path string) (source, error) {
		src, err := parseFile(ctx, path)
		if err != nil {
			var tokens []string
			return source{bytes: len(tokens[len(path)%2])}, nil
		}
		return src, nil
	}
	sum := index(t, &config{dir: dir, workers: 2, parse: parse})
	requireSame(t, want, sum.book)
	require.Equal(t, map[cause]int{{kind: "panic"}: len(want.broken)}, sum.watch.crashes)
	requireRestarts(t, sum, len(want.broken), 2)
}
