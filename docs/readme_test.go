package docs_test

import (
	"bytes"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fenced is a block of a page between lines of three backticks.
type fenced struct{ language, text string }

var fence = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

// blocks returns the fenced blocks of a page of the repository, in order.
func blocks(t *testing.T, page string) []fenced {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", page))
	require.NoError(t, err)
	var list []fenced
	for _, m := range fence.FindAllStringSubmatch(string(text), -1) {
		list = append(list, fenced{m[1], m[2]})
	}
	return list
}

// only returns those of one language.
func only(list []fenced, language string) []string {
	var texts []string
	for _, b := range list {
		if b.language == language {
			texts = append(texts, b.text)
		}
	}
	return texts
}

// goRun runs the go command at the top of the repository.
func goRun(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = "..", &out, &errs
	require.NoError(t, cmd.Run(), "go %v\n%s", args, &errs)
	return out.String(), errs.String()
}

// runProgram runs the text of one file as a program of this module.
func runProgram(t *testing.T, text string) (stdout, stderr string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "main.go")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return goRun(t, "run", file)
}

// programs returns the README's first program, the one that its diff makes of
// it, and the two lines of the diff.
func programs(t *testing.T) (first, second, before, after string) {
	t.Helper()
	page := blocks(t, "README.md")
	first = only(page, "go")[0]
	for line := range strings.Lines(only(page, "diff")[0]) {
		switch line[0] {
		case '-':
			before += line[1:]
		case '+':
			after += line[1:]
		}
	}
	require.Equal(t, 1, strings.Count(first, before), "the diff's line stands in the program once")
	return first, strings.Replace(first, before, after, 1), before, after
}

func TestTheProgramsOfTheReadmeSayWhatItSays(t *testing.T) {
	first, second, _, _ := programs(t)
	said := only(blocks(t, "README.md"), "text")
	require.Len(t, said, 3, "the quickstart's output and those of two programs")

	formatted, err := format.Source([]byte(first))
	require.NoError(t, err)
	require.Equal(t, string(formatted), first, "gofmt")

	stdout, stderr := runProgram(t, first)
	require.Equal(t, said[1], stdout)
	require.Empty(t, stderr, "what Run returns is not logged")

	logged, printed, _ := strings.Cut(said[2], "\n")
	stdout, stderr = runProgram(t, second)
	require.Equal(t, printed, stdout)
	require.Contains(t, stderr, logged)
	require.Equal(t, 1, strings.Count(stderr, "\n"), "one failure is one line")
}

func TestTheReadmesSecondProgramIsTheFirstWithOneWordChanged(t *testing.T) {
	_, _, before, after := programs(t)
	was, is := strings.Fields(before), strings.Fields(after)
	require.Len(t, is, len(was))
	var changed []string
	for i := range was {
		if was[i] != is[i] {
			changed = append(changed, was[i], is[i])
		}
	}
	require.Equal(t, []string{"policy.TaskGroup,", "policy.SupervisorScope,"}, changed)
}

// Each command of the README is tried, as far as a test can: those it does not
// know are a failure, for nobody would notice when they stop to work.
func TestTheCommandsOfTheReadmeWork(t *testing.T) {
	page := blocks(t, "README.md")
	for command := range strings.Lines(strings.Join(only(page, "sh"), "")) {
		switch command = strings.TrimSpace(command); command {
		case "go run ./examples/quickstart":
			quickstart(t, only(page, "text")[0])
		case "go test ./...":
			script, err := os.ReadFile("../.ci/run")
			require.NoError(t, err)
			require.Contains(t, string(script), command, "what everybody is told to run is what is run everywhere")
			list, _ := goRun(t, "list", "./...")
			require.Contains(t, list, ourModule+"/docs\n")
		default:
			require.Fail(t, "a command that nobody checks", command)
		}
	}
}

// quickstart indexes a tiny tree and looks for what the README's shortened output
// shows: the same lines but for the numbers, in the same order.
func quickstart(t *testing.T, said string) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tiny.go"), []byte("package tiny\n"), 0o600))
	stdout, _ := goRun(t, "run", "./examples/quickstart", dir)
	rest := stdout
	for line := range strings.Lines(said) {
		words := leading.FindString(strings.TrimSpace(line))
		if words == "" {
			continue // the first line begins with the directory
		}
		_, after, found := strings.Cut(rest, words)
		require.True(t, found, "%q in its turn in\n%s", words, stdout)
		rest = after
	}
}

// leading finds the words of a line before its numbers.
var leading = regexp.MustCompile(`^[├└─ a-z]*[a-z]`)
