package policy

import "strconv"

// nameOf returns the word for v, or "kind(v)" for a value that has none, so
// that a log line shows what was really there.
func nameOf(kind string, words []string, v uint8) string {
	if int(v) < len(words) {
		return words[v]
	}
	return kind + "(" + strconv.Itoa(int(v)) + ")"
}
