package tree

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// nameOfKey returns the name that a child with that key has.
func nameOfKey(caller string, key any) (string, error) {
	switch k := key.(type) {
	case string:
		return escaped(k), nil
	case int:
		return strconv.Itoa(k), nil
	}
	if err := checkKey(caller, key); err != nil {
		return "", err
	}
	return escaped(textOf(key)), nil
}

// textOf writes a key down, so that equal keys have one text: a pointer is its address,
// for what it points to changes, and 0 has no sign. A key with words of its own has those.
func textOf(key any) string {
	switch key.(type) {
	case fmt.Formatter, fmt.Stringer, error:
		return fmt.Sprint(key)
	}
	switch v := reflect.ValueOf(key); {
	case v.Kind() == reflect.Pointer:
		return fmt.Sprintf("%p", key)
	case v.CanFloat() && v.Float() == 0:
		return "0"
	}
	return fmt.Sprint(key)
}

// checkKey refuses a key that could not be found again.
func checkKey(caller string, key any) error {
	reason := ""
	switch same := func(a, b any) bool { return a == b }; {
	case key == nil:
		reason = "must not be nil"
	case !reflect.ValueOf(key).Comparable():
		reason = "cannot be compared"
	case !same(key, key):
		reason = "is not equal to itself"
	default:
		return nil
	}
	return fault(caller+".key", key, reason)
}

// escaped makes a text fit for a path. Different texts stay different.
func escaped(text string) string {
	unfit := func(r rune) bool { return r == '/' || r == '%' || unicode.IsControl(r) }
	switch {
	case text == "":
		return "%"
	case !strings.ContainsFunc(text, unfit):
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		if unfit(r) {
			fmt.Fprintf(&b, "%%%X", text[:n])
		} else {
			b.WriteString(text[:n])
		}
		text = text[n:]
	}
	return b.String()
}

// taken words that another child has the name.
func (c *core) taken(ch, by *Child) error {
	if ch.key() == nil {
		return fmt.Errorf("%w: tree.ChildSpec.Name = %q in %s", ErrDuplicate, ch.name, c.path())
	}
	return &clash{path: c.path(), name: ch.name, key: ch.key(), by: by.key()}
}

// clash is the error of a key whose name is taken. Keys are put into words when it is
// read, which is not within a turn: their methods are the user's.
type clash struct {
	path, name string
	key, by    any // by is nil for a child without a key
}

// Error implements error.
func (e *clash) Error() string {
	switch {
	case e.by == nil:
		return fmt.Sprintf("%v: %q in %s, of key %s by a child without one", ErrDuplicate, e.name, e.path, worded(e.key))
	case e.by == e.key:
		return fmt.Sprintf("%v: key %s in %s", ErrDuplicate, worded(e.key), e.path)
	}
	return fmt.Sprintf("%v: %q in %s, of key %s by key %s", ErrDuplicate, e.name, e.path, worded(e.key), worded(e.by))
}

// Unwrap lets errors.Is find the reason.
func (e *clash) Unwrap() error { return ErrDuplicate }

// worded puts a key into words; a text stands in quotes.
func worded(key any) string {
	if s, ok := key.(string); ok {
		return strconv.Quote(s)
	}
	return textOf(key)
}
