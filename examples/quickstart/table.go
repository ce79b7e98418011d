package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// table is rows of a label and a number, in sections, the numbers in one column.
type table []row

type row struct {
	label  string
	number int
	note   string // after the number
	first  bool   // heads a section
}

// section begins a section with its sum.
func (t *table) section(label string, sum int) {
	*t = append(*t, row{label: label, number: sum, first: true})
}

// row adds a part of the sum.
func (t *table) row(label string, number int) {
	*t = append(*t, row{label: "  " + label, number: number})
}

// note says something about the last row.
func (t *table) note(text string) {
	(*t)[len(*t)-1].note = text
}

// print writes the table, with an empty line after each section.
func (t table) print(w io.Writer) {
	width := 0
	for _, r := range t {
		width = max(width, utf8.RuneCountInString(r.label))
	}
	for i, r := range t {
		if r.first && i > 0 {
			fmt.Fprintln(w)
		}
		line := fmt.Sprintf("%-*s  %9s  %s", width, r.label, grouped(r.number), r.note)
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	fmt.Fprintln(w)
}

// grouped writes a number that is not negative with a comma after each thousand.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// indented moves each line of a text to the right, and ends it with one newline.
func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ") + "\n"
}
