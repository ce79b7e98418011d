package docs_test

import (
	"fmt"
	"go/ast"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const architecture = "ARCHITECTURE.md"

func readPage(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	return string(text)
}

func TestTheArchitectureIsShort(t *testing.T) {
	require.LessOrEqual(t, strings.Count(readPage(t, architecture), "\n"), 250, "it is read in one go or not at all")
}

var (
	invariant = regexp.MustCompile(`(?m)^- \*\*I(\d+)\*\*`)
	guards    = regexp.MustCompile("(?s)\\(((?:`Test\\w+`,?\\s*)+)\\)\\s*$")
)

// Each invariant ends with the tests that break when it does.
func TestEveryInvariantNamesTheTestsThatGuardIt(t *testing.T) {
	_, section, found := strings.Cut(readPage(t, architecture), "\n## Invariants\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	names := testNames(t)
	places := invariant.FindAllStringSubmatchIndex(section, -1)
	require.NotEmpty(t, places)
	for i, at := range places {
		end := len(section)
		if i+1 < len(places) {
			end = places[i+1][0]
		}
		require.Equal(t, fmt.Sprint(i+1), section[at[2]:at[3]], "they are numbered in order")
		m := guards.FindStringSubmatch(section[at[0]:end])
		if m == nil {
			t.Errorf("I%d does not end with its tests in brackets", i+1)
			continue
		}
		for _, name := range testName.FindAllString(m[1], -1) {
			if names[name] == "" {
				t.Errorf("I%d is guarded by %s, which is not there", i+1, name)
			}
		}
	}
}

// The drawing is for the eye, the table under it is what the house's rule on
// imports checks.
func TestTheImportTableIsTheOneThatIsChecked(t *testing.T) {
	files, err := load(os.DirFS(".."))
	require.NoError(t, err)
	code := byDir(files)
	var b strings.Builder
	b.WriteString("| package | of ours | of others |\n|---|---|---|\n")
	for _, dir := range slices.Sorted(maps.Keys(diagram)) {
		if code[dir] != nil && dir != "docs" {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", dir, strings.Join(diagram[dir].ours, ", "), strings.Join(diagram[dir].theirs, ", "))
		}
	}
	sameAsPage(t, architecture, "imports", b.String())
}

func TestTheStateTablesAreThoseOfTheCode(t *testing.T) {
	files, err := load(os.DirFS(".."))
	require.NoError(t, err)
	for name, file := range map[string]string{"slot": "policy/slot.go", "actor": "actor/actor.go"} {
		i := slices.IndexFunc(files, func(s *source) bool { return s.path == file })
		require.GreaterOrEqual(t, i, 0, file)
		sameAsPage(t, architecture, name, "```text\n"+stateTable(files[i].file)+"```\n")
	}
}

// stateTable returns the indented lines, without the indent, of the first
// comment of a file that holds a table of states.
func stateTable(file *ast.File) string {
	for _, group := range file.Comments {
		var b strings.Builder
		for line := range strings.Lines(group.Text()) {
			if row, indented := strings.CutPrefix(line, "\t"); indented {
				b.WriteString(row)
			}
		}
		if strings.HasPrefix(b.String(), `from \ `) {
			return b.String()
		}
	}
	return ""
}
