package tree_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var (
	onePlot   = flag.String("program", "", "play this one program in TestAnyProgramDoesAsTheModelSays")
	manyPlots = flag.Int("programs", 2000, "how many random programs TestAnyProgramDoesAsTheModelSays plays; a tenth of them with -short")
)

// TestAnyProgramDoesAsTheModelSays plays random programs of scopes on the library
// and wants of each what a simple model predicts: who begins, is told, ends and
// fails, what Run returns, all at its exact instant. A program that does otherwise
// is shrunk and printed with both traces and with the command that plays it again.
// `make model` plays as many as CI does, `make soak` millions.
func TestAnyProgramDoesAsTheModelSays(t *testing.T) {
	if *onePlot != "" {
		p, err := parsePlot(*onePlot)
		require.NoError(t, err)
		synctest.Test(t, func(t *testing.T) { comparePlot(t, p) })
		return
	}
	shards := runtime.GOMAXPROCS(0)
	each := (*manyPlots + shards - 1) / shards
	if testing.Short() {
		each /= 2 // and rapid takes a fifth of that
	}
	setFlag(t, "rapid.checks", fmt.Sprint(each))
	setFlag(t, "rapid.nofailfile", "true") // the program is printed
	for i := range shards {
		t.Run(fmt.Sprint("shard", i), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				p := plots.Draw(t, "program")
				rapid.SyncTest(t, func(t *rapid.T) { comparePlot(t, p) })
			})
		})
	}
}

// setFlag sets a flag for as long as the test runs.
func setFlag(t *testing.T, name, value string) {
	t.Helper()
	was := flag.Lookup(name).Value.String()
	require.NoError(t, flag.Set(name, value))
	t.Cleanup(func() { _ = flag.Set(name, was) })
}

// Programs that once did otherwise, or that show what random ones seldom do.
func TestKnownProgramsDoAsTheModelSays(t *testing.T) {
	files, err := filepath.Glob("testdata/programs/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			p, err := parsePlot(string(text))
			require.NoError(t, err)
			synctest.Test(t, func(t *testing.T) { comparePlot(t, p) })
		})
	}
}

func TestAProgramIsReadAsItIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := plots.Draw(t, "program")
		for _, text := range []string{p.String(), p.flat()} {
			read, err := parsePlot(text)
			require.NoError(t, err)
			require.Equal(t, p, read)
		}
	})
}

// comparePlot plays a program in the bubble that it is called in.
func comparePlot(t rapid.TB, p *plot) {
	want, certain := predict(p)
	if !certain {
		t.Fatalf("what this program does is left open:\n%s", p)
	}
	if got := onStage(p); got.String() != want.String() {
		t.Fatalf("%s", differences(p, want, got))
	}
}

// differences prints both traces as one: what both have, what only the model has,
// and what only the library has.
func differences(p *plot, want, got trace) string {
	var b strings.Builder
	fmt.Fprintf(&b, "the library does not do as the model says (- the model, + the library):\n")
	for len(want) > 0 || len(got) > 0 {
		switch {
		case len(want) > 0 && len(got) > 0 && want[0] == got[0]:
			fmt.Fprintf(&b, "  %v\n", want[0])
			want, got = want[1:], got[1:]
		case len(got) == 0 || len(want) > 0 && want[0].compare(got[0]) < 0:
			fmt.Fprintf(&b, "- %v\n", want[0])
			want = want[1:]
		default:
			fmt.Fprintf(&b, "+ %v\n", got[0])
			got = got[1:]
		}
	}
	return b.String() + "\nthe program:\n" + replay(p)
}

// replay is the program as text and as a command.
func replay(p *plot) string {
	return fmt.Sprintf("%s\n\nto play it again:\n  go test ./tree -run '^TestAnyProgramDoesAsTheModelSays$' -program '%s'", p, p.flat())
}
