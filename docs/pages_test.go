package docs_test

import (
	"flag"
	"go/ast"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite what these tests generate in the pages of docs")

// testNames returns every test, benchmark, fuzz target and example of the
// repository by name, with the file it stands in.
func testNames(t *testing.T) map[string]string {
	t.Helper()
	files, err := load(os.DirFS(".."))
	require.NoError(t, err)
	names := map[string]string{}
	for _, s := range files {
		if !s.test {
			continue
		}
		for _, decl := range s.file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && testName.MatchString(f.Name.Name) {
				names[f.Name.Name] = s.path
			}
		}
	}
	return names
}

var testName = regexp.MustCompile(`\b(?:Test|Benchmark|Fuzz|Example)[A-Z_]\w*`)

// pages returns the text of every page of the repository by its path.
func pages(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	top := os.DirFS("..")
	require.NoError(t, fs.WalkDir(top, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); p != "." && (name[0] == '.' || name == "testdata") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(p) == ".md" {
			text, err := fs.ReadFile(top, p)
			texts[p] = string(text)
			return err
		}
		return nil
	}))
	require.Contains(t, texts, "README.md")
	return texts
}

// sameAsPage compares what is generated with what stands in a page between two
// comments that name it, and with -update writes it there.
func sameAsPage(t *testing.T, page, name, want string) {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	begin, end := "<!-- "+name+": generated -->\n", "<!-- end -->\n"
	before, rest, found := strings.Cut(string(text), begin)
	require.True(t, found, "%s has no %q", page, begin)
	got, after, found := strings.Cut(rest, end)
	require.True(t, found, "%s has no %q", page, end)
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(before+begin+want+end+after), 0o600))
		return
	}
	if got != want {
		t.Errorf("%s is stale: go test ./docs -update; it first differs at %q", page, firstDifference(got, want))
	}
}

// firstDifference returns the first line of want that got has not in its place.
func firstDifference(got, want string) string {
	have := strings.Split(got, "\n")
	for i, line := range strings.Split(want, "\n") {
		if i >= len(have) || have[i] != line {
			return line
		}
	}
	return "the end"
}

func TestEveryTestThatAPageNamesExists(t *testing.T) {
	names := testNames(t)
	for page, text := range pages(t) {
		for _, name := range testName.FindAllString(text, -1) {
			if names[name] == "" && !strings.HasSuffix(name, "_") { // a prefix is no name
				t.Errorf("%s names %s, which is not there", page, name)
			}
		}
	}
}

// link finds the target of a link in a page.
var link = regexp.MustCompile(`\]\(([^)#]+)(?:#[^)]*)?\)`)

func TestEveryFileThatAPageLinksToExists(t *testing.T) {
	for page, text := range pages(t) {
		prose := fence.ReplaceAllString(text, "") // code has brackets of its own
		for _, m := range link.FindAllStringSubmatch(prose, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(path.Join("..", path.Dir(page), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", page, m[1])
			}
		}
	}
}

// exported finds a name of one of our packages in a page.
var exported = regexp.MustCompile(`\b(policy|mailbox|actor|around|tree|run)\.([A-Z]\w*)`)

func TestEveryNameOfOursThatAPageUsesExists(t *testing.T) {
	files, err := load(os.DirFS(".."))
	require.NoError(t, err)
	declared := map[string]bool{}
	for _, s := range files {
		if !s.test {
			for name := range s.file.Scope.Objects {
				declared[s.file.Name.Name+"."+name] = true
			}
		}
	}
	for page, text := range pages(t) {
		for _, m := range exported.FindAllStringSubmatch(text, -1) {
			if !declared[m[0]] {
				t.Errorf("%s names %s, which is not there", page, m[0])
			}
		}
	}
}
