package docs_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// scenario finds the list, the numbers and the sentence in the name of a test.
var scenario = regexp.MustCompile(`^Test(Scope|Supervision)_((?:[0-9]{3}_)+)([A-Z]\w*)$`)

// TestTheTableOfScenariosIsComplete keeps SCENARIOS.md: run with -update after a
// scenario was added or renamed.
func TestTheTableOfScenariosIsComplete(t *testing.T) {
	rows := map[string][]string{}
	names := testNames(t)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		m := scenario.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		numbers := strings.ReplaceAll(strings.Trim(m[2], "_"), "_", ", ")
		rows[m[1]] = append(rows[m[1]], fmt.Sprintf("| %s | %s | [%s](../%s) |\n", numbers, sentence(m[3]), name, names[name]))
	}
	for list, rows := range rows {
		head := "| number | sentence | test |\n|---|---|---|\n"
		sameAsPage(t, "SCENARIOS.md", strings.ToLower(list), head+strings.Join(rows, ""))
	}
}

// TestEveryLineOfTheScopeListHasATest keeps the list covered: its lines are
// numbered from 1 to 242, and every third number was left out.
func TestEveryLineOfTheScopeListHasATest(t *testing.T) {
	tested := map[string]bool{}
	for name := range testNames(t) {
		if m := scenario.FindStringSubmatch(name); m != nil && m[1] == "Scope" {
			for _, number := range strings.Split(strings.Trim(m[2], "_"), "_") {
				tested[number] = true
			}
		}
	}
	const last = 242
	for n := 1; n <= last; n++ {
		if number := fmt.Sprintf("%03d", n); n%3 != 0 && !tested[number] {
			t.Errorf("line %s of the list of scope scenarios has no test", number)
		}
	}
}

// sentence puts the words of a name apart.
func sentence(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte(' ')
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}
