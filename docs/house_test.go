package docs_test

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// rule is one habit of the house that a machine can keep.
type rule struct {
	name  string // the habit, as a sentence
	why   string // what would be lost without it
	check func(files []*source) []finding
}

var rules = []rule{
	{"imports point one way",
		"policy can be read, tested and reused alone only while nothing above it leaks down",
		each(imports)},
	{"policy is pure",
		"the same inputs give the same answer only if no clock, lock, context, log or chance has a say",
		each(purity)},
	{"one go statement and one recover",
		"that every goroutine has an owner and every panic one catcher can then be checked by reading internal/run",
		oneOfAKind},
	{"exported names are documented",
		"the documentation is the product's front door, and what has no comment has no contract",
		each(documented)},
	{"every package has a doc.go",
		"the way into a package is found without looking for it, and is written once",
		docFiles},
	{"files stay short",
		"one idea to a file; beyond 400 lines there are two",
		each(fileSizes)},
	{"functions stay short",
		"what does not fit on a screen is not read as a whole",
		each(functionSizes)},
	{"tests do not sleep",
		"a sleep is a guess about the scheduler: slow when right, flaky when wrong; a synctest bubble has exact time",
		each(sleeps)},
	{"tests are not skipped",
		"a test that does not run guards nothing and looks as if it did",
		each(skips)},
	{"every tested package looks for leaks",
		"a library that promises to own every goroutine must notice when it drops one",
		leakChecks},
	{"no channels or timers at package level",
		"what is shared between synctest bubbles breaks them, and what nobody owns is never closed",
		sharedState},
	{"presets are constants",
		"a preset changed by one caller changes under all of them: copy it, then vary the copy",
		presets},
	{"nothing is left for later in a comment",
		"what is worth doing has an issue, where it can be found and closed",
		each(leftovers)},
	{"errors name their package and read on",
		"an error is met in the middle of a longer line, far from where it was made",
		each(errorTexts)},
}

func TestTheHouseRulesHold(t *testing.T) {
	files, err := load(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"docs", "internal/run", "policy"} {
		if !slices.ContainsFunc(files, func(s *source) bool { return s.dir == dir }) {
			t.Fatalf("found no file of %s: the walk does not see the house", dir)
		}
	}
	for _, r := range rules {
		t.Run(strings.ReplaceAll(r.name, " ", "_"), func(t *testing.T) {
			for _, f := range r.check(files) {
				t.Errorf("%s\n\twhy: %s", f, r.why)
			}
		})
	}
}
