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

// TestEveryLineOfTheListsHasATest keeps the lists covered. Their lines are numbered
// from 1, and every third number was left out.
func TestEveryLineOfTheListsHasATest(t *testing.T) {
	tested := map[string]bool{}
	for name := range testNames(t) {
		if m := scenario.FindStringSubmatch(name); m != nil {
			for number := range strings.SplitSeq(strings.Trim(m[2], "_"), "_") {
				tested[m[1]+" "+number] = true
			}
		}
	}
	for list, last := range map[string]int{"Scope": 242, "Supervision": 224} {
		for n := 1; n <= last; n++ {
			if line := fmt.Sprintf("%s %03d", list, n); n%3 != 0 && !tested[line] {
				t.Errorf("line %s of the scenarios has no test", line)
			}
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
