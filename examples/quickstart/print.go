package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/understudy-go/understudy/tree"
)

// summary is everything there is to say at the end. It is read when the tree has
// closed: nobody writes to it any more, but for what watch locks.
type summary struct {
	dir   string
	book  *book
	watch *watch
	walk  *walk // nil when the walker was never started

	took        time.Duration // until everything had stopped
	interrupted bool
	canceled    bool // by a second Ctrl-C

	tree   tree.Snapshot // as it was before the shutdown
	report *tree.ShutdownReport
}

// print writes the summary.
func (s *summary) print(w io.Writer) {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	files := s.book.parsed + s.book.failed
	fmt.Fprintf(w, "%s: %s files in %v, %s\n\n", s.dir, grouped(files), s.took.Round(time.Millisecond), s.throughput())
	var t table
	s.addFiles(&t)
	s.addDecls(&t)
	s.addFailures(&t)
	s.addRestarts(&t)
	t.print(w)
	fmt.Fprint(w, "tree before the shutdown\n", indented(s.tree.String()))
	fmt.Fprint(w, "\nshutdown\n", indented(s.report.String()))
	if len(s.watch.notes) > 0 {
		fmt.Fprintln(w, "\nwhat should not have happened")
		for _, note := range s.watch.notes {
			fmt.Fprintln(w, "  "+note)
		}
	}
}

// throughput counts the bytes of good files only.
func (s *summary) throughput() string {
	seconds := s.took.Seconds()
	if seconds == 0 {
		return "in no time"
	}
	files := s.book.parsed + s.book.failed
	return fmt.Sprintf("%s files/s, %.1f MB/s", grouped(int(float64(files)/seconds)), float64(s.book.bytes)/1e6/seconds)
}

// addFiles says where each file went that was found.
func (s *summary) addFiles(t *table) {
	found := 0
	if s.walk != nil {
		found = s.walk.found
	}
	t.section("files found", found)
	if s.interrupted {
		t.note("until the interrupt")
	}
	t.row("parsed", s.book.parsed)
	t.row("failed", s.book.failed)
	if rest := found - s.book.parsed - s.book.failed; rest > 0 {
		t.row("not finished", rest)
	}
}

func (s *summary) addDecls(t *table) {
	t.section("declarations", s.book.decls.total())
	for kind, count := range s.book.decls {
		t.row(declNames[kind], count)
	}
}

// addFailures lists the causes, the most frequent first, each with a file.
func (s *summary) addFailures(t *table) {
	t.section("failures by cause", s.book.failed)
	losses := s.book.failures
	kinds := make(map[cause]int)
	for c, l := range losses {
		kinds[c.general()] += l.files
	}
	for _, kind := range byCount(kinds, func(c cause) int { return kinds[c] }) {
		t.row(kind.kind, kinds[kind])
		for _, c := range byCount(losses, func(c cause) int { return losses[c].files }) {
			if c.general() == kind {
				t.row("  "+c.detail, losses[c].files)
				t.note(losses[c].example)
			}
		}
	}
}

// addRestarts lists what ended those who were restarted.
func (s *summary) addRestarts(t *table) {
	t.section("restarts", s.watch.restarts)
	crashes := s.watch.crashes
	for _, c := range byCount(crashes, func(c cause) int { return crashes[c] }) {
		t.row(c.kind, crashes[c])
	}
	if s.watch.missed > 0 {
		t.row("events missed", s.watch.missed)
	}
}

// byCount returns the causes in m, the highest count first.
func byCount[V any](m map[cause]V, count func(cause) int) []cause {
	return slices.SortedFunc(maps.Keys(m), func(a, b cause) int {
		return cmp.Or(cmp.Compare(count(b), count(a)), cmp.Compare(a.kind, b.kind), cmp.Compare(a.detail, b.detail))
	})
}
