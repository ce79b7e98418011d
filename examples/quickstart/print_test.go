package main

import (
	"flag"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite testdata/summary.txt; read it before committing")

// tiny has something of everything.
var tiny = map[string]string{
	"README.md":        "not a Go file",
	"bad/empty.go":     "",
	"bad/garbage.go":   "This is no Go.",
	"bad/unclosed.go":  "package bad\n\nfunc f() {",
	"good/consts.go":   "package good\n\nconst (\n\ta, b = iota, -iota\n\tc, d\n)\n\nvar e, f = 1, 2\n",
	"good/funcs.go":    "package good\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc g() { fmt.Println(os.Args) }\n\nfunc h() { type local int }\n",
	"good/types.go":    "package good\n\ntype (\n\tt int\n\tu = t\n)\n\nfunc (t) m() {}\n",
	"good/folder.go/x": "a folder, whatever its name",
}

func TestTheSummaryOfATinyTreeReadsAsExpected(t *testing.T) {
	dir := write(t, tiny)
	synctest.Test(t, func(t *testing.T) {
		c := &config{dir: dir, workers: 1, crashRate: 0.5, seed: 1, parse: takes(100 * time.Millisecond)}
		sum := index(t, c)
		requireSame(t, sequential(t, dir), sum.book)
		var out strings.Builder
		sum.print(&out)
		got := strings.ReplaceAll(out.String(), dir, "TINY")
		if *update {
			require.NoError(t, os.WriteFile("testdata/summary.txt", []byte(got), 0o644))
		}
		want, err := os.ReadFile("testdata/summary.txt")
		require.NoError(t, err)
		require.Equal(t, string(want), got)
	})
}

func TestAnInterruptedSummarySaysWhatIsMissing(t *testing.T) {
	dir := mixed(t, 30)
	synctest.Test(t, func(t *testing.T) {
		h := &held{free: 10}
		k := &keyboard{}
		done := (&config{dir: dir, workers: 2, parse: h.parse}).begin(k)
		synctest.Wait() // two parsers are held up
		k.press()
		synctest.Wait() // the walker drains
		k.press()
		var out strings.Builder
		(<-done).sum.print(&out)
		require.Regexp(t, `(?m)^files found +12  until the interrupt$`, out.String())
		require.Regexp(t, `(?m)^  not finished +2$`, out.String())
		require.Regexp(t, `walker  running`, out.String())
		require.Contains(t, out.String(), "0 drained, 3 canceled, 0 abandoned")
	})
}

func TestNumbersAreGroupedByThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 12345: "12,345", 1234567: "1,234,567"} {
		require.Equal(t, want, grouped(n))
	}
}
