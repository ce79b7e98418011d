package policy_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
)

// TestTheMachineAnswersAsItsScriptsSay plays testdata/*.txt. A script is a list
// of blocks: comments; what happens, one event a line; "----"; and each event
// again beside what is to be done then. Run with -update to write the answers
// that the machine gives, and read them.
func TestTheMachineAnswersAsItsScriptsSay(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			got := play(t, string(text))
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
				return
			}
			require.Equal(t, string(text), got)
		})
	}
}

// play returns the script with the answers that the machine gives.
func play(t *testing.T, text string) string {
	t.Helper()
	s := newStage()
	var out []string
	for block := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n\n") {
		said, _, _ := strings.Cut(block, "\n----")
		out = append(out, said)
		if answers := s.play(t, said); answers != "" {
			out[len(out)-1] += "\n----" + answers
		}
	}
	return strings.Join(out, "\n\n") + "\n"
}

// stage is a machine and its children, by name.
type stage struct {
	scope    policy.Scope
	m        *policy.Machine
	children map[string]*policy.Slot
	now      time.Duration
}

func newStage() *stage {
	s := &stage{scope: policy.SupervisorScope.WithDefaults()}
	s.reset()
	return s
}

func (s *stage) reset() {
	s.m, s.children, s.now = policy.NewMachine(s.scope), map[string]*policy.Slot{}, 0
}

// play tells the machine each line of a block and returns the lines with its
// answers, each behind a line break.
func (s *stage) play(t *testing.T, block string) string {
	t.Helper()
	var out strings.Builder
	for line := range strings.SplitSeq(block, "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		answer, err := s.tell(strings.Fields(line))
		require.NoError(t, err, "line %q", line)
		fmt.Fprintf(&out, "\n%-24s %s", line, answer)
	}
	return out.String()
}

// tell plays one line: an order to the stage, an event, or something that
// happened to a child.
func (s *stage) tell(words []string) (string, error) {
	verb, rest := words[0], words[1:]
	switch verb {
	case "supervisor":
		s.scope = policy.SupervisorScope
		return "ok", s.configure(rest)
	case "scope":
		s.scope = policy.Scope{}
		return "ok", s.configure(rest)
	case "at":
		var err error
		s.now, err = time.ParseDuration(rest[0])
		return "ok", err
	case "show":
		return s.show(), nil
	case "left":
		return s.left(), nil
	case "boot":
		return s.boot(rest)
	case "reconfigure":
		to := s.scope
		if err := spellScope(&to, rest); err != nil {
			return "", err
		}
		s.m.Reconfigure(to)
		return "ok", nil
	case "describe", "list":
		as, err := s.described(rest)
		if err != nil {
			return "", err
		}
		if verb == "describe" {
			s.m.Describe(s.children[rest[0]], as.Terms)
		} else {
			s.children[rest[0]] = as
			s.m.List(as)
		}
		return "ok", nil
	case "add":
		slot, err := s.child(strings.Join(rest, " "))
		if err != nil {
			return "", err
		}
		return spell(s.m.Add(slot)), nil
	case "shutdown":
		return spell(s.m.Shutdown(s.now)), nil
	case "block":
		s.m.Block(s.children[rest[0]])
		return "ok", nil
	case "unblock":
		return spell(s.m.Unblock(s.children[rest[0]], s.now)), nil
	case "stop", "restart", "remove":
		if verb == "stop" && rest[0] == "background" {
			return spell(s.m.StopBackground(s.now)), nil
		}
		return s.operate(verb, s.children[rest[0]])
	}
	slot := s.children[verb]
	if slot == nil {
		return "", fmt.Errorf("no child %q", verb)
	}
	return s.happen(slot, strings.Join(rest, " "))
}

// spell puts an answer into words.
func spell(actions []policy.Action) string {
	if len(actions) == 0 {
		return "nothing"
	}
	said := make([]string, len(actions))
	for i, a := range actions {
		said[i] = a.String()
	}
	return strings.Join(said, ", ")
}

func (s *stage) show() string {
	var said []string
	for slot := range s.m.Slots() {
		said = append(said, fmt.Sprintf("%v %v", slot.Child, slot.State()))
	}
	if said == nil {
		return "nobody"
	}
	return strings.Join(said, ", ")
}

// left tells what the machine says of itself: who is left, and whether it ends.
func (s *stage) left() string {
	said := []string{"somebody"}
	if s.m.Empty() {
		said[0] = "nobody"
	}
	if s.m.Background() {
		said = append(said, "background")
	}
	if s.m.Ending() {
		said = append(said, "ending")
	}
	return strings.Join(said, ", ")
}

func (s *stage) boot(words []string) (string, error) {
	var fixed []*policy.Slot
	for spec := range strings.SplitSeq(strings.Join(words, " "), ", ") {
		slot, err := s.child(spec)
		if err != nil {
			return "", err
		}
		fixed = append(fixed, slot)
	}
	return spell(s.m.Boot(fixed)), nil
}

func (s *stage) operate(verb string, slot *policy.Slot) (string, error) {
	switch {
	case slot == nil:
		return "", fmt.Errorf("%s whom?", verb)
	case verb == "stop":
		return spell(s.m.StopChild(slot)), nil
	case verb == "restart":
		return spell(s.m.RestartChild(slot)), nil
	}
	return spell(s.m.RemoveChild(slot)), nil
}
