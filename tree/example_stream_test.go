package tree_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/understudy-go/understudy/tree"
)

// How do I work on many items, a few at a time, in their order?
func ExampleStream() {
	pages := slices.Values([]string{"/home", "/about", "/gone", "/contact"})
	fetch := func(_ context.Context, page string) (string, error) {
		if page == "/gone" {
			return "", errors.New("404")
		}
		return strings.TrimPrefix(page, "/"), nil
	}
	spec := tree.StreamSpec{Limit: 2, Timeout: time.Minute}
	for title, err := range tree.Stream(context.Background(), pages, spec, fetch) {
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(title)
	}

	// Output:
	// home
	// about
	// tree: item 2: 404
	// contact
}
