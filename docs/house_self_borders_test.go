package docs_test

// bordersOffenders break the rules on what belongs where.
var bordersOffenders = []offender{
	{"imports point one way", `-- policy/x.go --
package policy

import (
	"fmt"

	"github.com/google/uuid"
	"github.com/understudy-go/understudy/tree"
)
`, []string{"policy/x.go:6", "policy/x.go:7"}},
	{"imports point one way", `-- actor/x.go --
package actor

import "github.com/google/uuid"
import "github.com/understudy-go/understudy/policy"
import "github.com/understudy-go/understudy/mailbox/mailboxtest"
import "github.com/stretchr/testify/require"
-- actor/x_test.go --
package actor_test

import "github.com/understudy-go/understudy/actor"
import "github.com/understudy-go/understudy/mailbox/mailboxtest"
import "github.com/stretchr/testify/require"
import "github.com/understudy-go/understudy/tree"
import "github.com/google/uuidfake"
-- mailbox/mailboxtest/x.go --
package mailboxtest

import "github.com/stretchr/testify/require"
-- tree/x.go --
package tree

import "github.com/understudy-go/understudy/actor/around"
-- tree/x_test.go --
package tree_test

import "github.com/understudy-go/understudy/actor/around"
`, []string{"actor/x.go:5", "actor/x.go:6", "actor/x_test.go:6", "actor/x_test.go:7", "tree/x.go:3"}},
	{"imports point one way", `-- helpers/x.go --
package helpers
-- bench/go.mod --
module bench
-- bench/x.go --
package bench

import "github.com/google/uuid"
-- examples/a/x.go --
package main

import "github.com/understudy-go/understudy/tree"
import "github.com/understudy-go/understudy/internal/run"
-- actor/hollywood/x_test.go --
package hollywood

import "github.com/anthdm/hollywood/actor"
import "github.com/understudy-go/understudy/policy"
`, []string{"examples/a/x.go:4", "helpers/x.go:1"}},

	{"policy is pure", `package policy

import (
	"context"
	"math"
	"math/rand/v2"
	clock "time"
)

const day = 24 * clock.Hour

var start = clock.Now()

func wait(c <-chan int) { clock.AfterFunc(day, nil) }
-- policy/x_test.go --
package policy

import "context"
`, []string{"policy/x.go:4", "policy/x.go:6", "policy/x.go:12", "policy/x.go:14", "policy/x.go:14"}},

	{"one go statement and one recover", `-- actor/x.go --
package actor

func f() {
	go f()
	defer func() { recover() }()
}
-- actor/x_test.go --
package actor

func g() { go f() }
-- mailbox/mailboxtest/x.go --
package mailboxtest

func g() { go g() }
-- bench/go.mod --
module bench
-- bench/x.go --
package bench

func g() { go g() }
-- examples/a/main.go --
package main

func main() { go main() }
-- internal/run/run.go --
package run

func Go(f func()) { go f() }

func Call() { recover(); recover() }
`, []string{"actor/x.go:4", "actor/x.go:5", "internal/run/run.go:5"}},
	{"one go statement and one recover", `-- internal/run/run.go --
package run

func Go(f func()) { go f() }
`, []string{"internal/run/run.go:1"}},
}
