package docs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// house parses a little repository written as "-- path --" lines, each
// followed by the file's text. Without one the text is policy/x.go.
func house(t *testing.T, text string) []*source {
	t.Helper()
	if !strings.HasPrefix(text, "-- ") {
		text = "-- policy/x.go --\n" + text
	}
	fsys, current := fstest.MapFS{}, ""
	for line := range strings.Lines(text) {
		if p, ok := strings.CutPrefix(line, "-- "); ok {
			current = strings.TrimSuffix(p, " --\n")
			fsys[current] = &fstest.MapFile{}
			continue
		}
		fsys[current].Data = append(fsys[current].Data, line...)
	}
	files, err := load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// offender is a little repository and the places, as "path:line", where it
// breaks the rule.
type offender struct {
	rule  string
	text  string
	lines []string
}

func TestEveryRuleSeesItsOffenderAndNothingElse(t *testing.T) {
	offenders := slices.Concat(bordersOffenders, docsOffenders, stateOffenders, testsOffenders)
	for _, r := range rules {
		seen := 0
		for _, o := range offenders {
			if o.rule != r.name {
				continue
			}
			seen += len(o.lines)
			t.Run(fmt.Sprintf("%s/%d", r.name, seen), func(t *testing.T) {
				var got []string
				for _, f := range r.check(house(t, o.text)) {
					got = append(got, fmt.Sprintf("%s:%d", f.path, f.line))
				}
				if !slices.Equal(got, o.lines) {
					t.Errorf("found %q, want %q, in\n%s", got, o.lines, o.text)
				}
			})
		}
		if seen == 0 {
			t.Errorf("the rule %q is shown no offender", r.name)
		}
	}
	for _, o := range offenders {
		if !slices.ContainsFunc(rules, func(r rule) bool { return r.name == o.rule }) {
			t.Errorf("an offender of %q, which is no rule", o.rule)
		}
	}
}

func TestTheWalkTellsModulesApartAndPassesOverTestdata(t *testing.T) {
	files := house(t, `-- policy/x.go --
package policy
-- bench/go.mod --
module bench
-- bench/a/x_test.go --
package a
-- bench/testdata/x.go --
package broken (
-- .ci/x.go --
package broken (
`)
	var got []string
	for _, s := range files {
		got = append(got, fmt.Sprintf("%s of %s in %s: core %t", s.path, s.module, s.dir, s.core()))
	}
	want := []string{"bench/a/x_test.go of bench in bench/a: core false", "policy/x.go of . in policy: core true"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
