package docs_test

// testsOffenders break the rules on tests.
var testsOffenders = []offender{
	{"tests do not sleep", `-- actor/x_test.go --
package actor

import (
	"testing"
	"time"
)

func TestA(t *testing.T) {
	time.Sleep(time.Second)
	pause := time.Sleep
	<-time.After(time.Second)
}
-- mailbox/mailboxtest/x.go --
package mailboxtest

import clock "time"

func Run() { clock.Sleep(1) }
-- mailbox/x.go --
package mailbox

import "time"

func f() { time.Sleep(1) }
`, []string{"actor/x_test.go:9", "actor/x_test.go:10", "mailbox/mailboxtest/x.go:5"}},

	{"tests are not skipped", `-- actor/x_test.go --
package actor

func TestA(t *testing.T) {
	t.Skip("later")
	t.Skipf("%s", "later")
	if testing.Short() {
		t.SkipNow()
	}
}
-- actor/x.go --
package actor

func f() { r.Skip() }
`, []string{"actor/x_test.go:4", "actor/x_test.go:5", "actor/x_test.go:7"}},

	{"every tested package looks for leaks", `-- actor/main_test.go --
package actor

import "go.uber.org/goleak"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
-- actor/x_test.go --
package actor_test
-- mailbox/x_test.go --
package mailbox

import "go.uber.org/goleak"

func TestMain(m *testing.M) { m.Run() }

func TestA(t *testing.T) { goleak.VerifyTestMain(nil) }
-- tree/x.go --
package tree
`, []string{"mailbox/x_test.go:1"}},
}
