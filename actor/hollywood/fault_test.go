package hollywood

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/tree"
)

// overTheWire marshals a message and reads it again.
func overTheWire(t *testing.T, m *structpb.Struct) *structpb.Struct {
	t.Helper()
	require.NoError(t, marshalable(m))
	b, err := proto.Marshal(m)
	require.NoError(t, err)
	got := &structpb.Struct{}
	require.NoError(t, proto.Unmarshal(b, got))
	return got
}

func TestAnErrorIsOnTheOtherSideOfTheWireWhatItWasOnThis(t *testing.T) {
	err := fmt.Errorf("%w: %w: no room for \xff", tree.ErrBoot, tree.ErrFull)
	a, ok := AnswerOf(overTheWire(t, Answer{Path: "app/one", PID: hactor.NewPID("here", "a/b"), Err: err}.encode()))
	require.True(t, ok)
	require.Equal(t, "app/one", a.Path)
	require.Equal(t, "here/a/b", a.PID.String())
	require.Equal(t, &RemoteError{
		Text:  "tree: supervisor did not boot: tree: scope full: no room for \uFFFD",
		Known: []error{tree.ErrBoot, tree.ErrFull},
	}, a.Err)
	require.ErrorIs(t, a.Err, tree.ErrFull)
	require.NotErrorIs(t, a.Err, actor.ErrFull)

	a, ok = AnswerOf(overTheWire(t, Answer{Err: errors.New(strings.Repeat("x", 2*maxText))}.encode()))
	require.True(t, ok)
	require.Len(t, a.Err.Error(), maxText)
	a, ok = AnswerOf(overTheWire(t, Answer{}.encode()))
	require.True(t, ok)
	require.Equal(t, Answer{}, a)
	require.Nil(t, sentinel("tree.ErrOfALaterVersion"))
}

func TestOrdersAreTheSameOnBothSidesOfTheWire(t *testing.T) {
	for _, m := range []any{
		StartChild{Factory: "f", Name: "n", Args: []byte{0, 1, 255}, Within: 1234567891234}, StartChild{Args: []byte{}},
		tree.StopChild{Name: "n"}, tree.RestartChild{Name: "n"}, tree.ShutdownScope{}, tree.CancelScope{},
		tree.CancelScope{Cause: errors.New("why")},
	} {
		order, err := Encode(m)
		require.NoError(t, err)
		got, ok := orderOf(overTheWire(t, order))
		require.True(t, ok)
		require.Equal(t, m, got)
	}
	_, ok := orderOf(&structpb.Struct{})
	require.False(t, ok)
}

// An error that is added to a package and forgotten here would lose its identity on the
// way.
func TestEveryErrorOfThisModuleThatOthersCompareWithIsKnownOnTheWire(t *testing.T) {
	names := map[string]bool{}
	for _, s := range sentinels {
		require.False(t, names[s.name], s.name)
		names[s.name] = true
	}
	for pkg, dir := range map[string]string{"actor": "..", "tree": "../../tree", "policy": "../../policy", "hollywood": "."} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			for name := range errorsOf(f) {
				require.True(t, names[pkg+"."+name], "%s.%s is not in sentinels", pkg, name)
			}
		}
	}
}

// errorsOf returns the exported package-level variables that are called as errors are.
func errorsOf(f *ast.File) map[string]bool {
	names := map[string]bool{}
	for _, decl := range f.Decls {
		g, ok := decl.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, spec := range g.Specs {
			for _, id := range spec.(*ast.ValueSpec).Names {
				if strings.HasPrefix(id.Name, "Err") {
					names[id.Name] = true
				}
			}
		}
	}
	return names
}

func TestAnAnswerThatCannotGoToItsNodeIsNotSentAndSomethingElseMayBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := logged(t)
		e := newEngine(t)
		dead := deadLetters(e)
		s := hubOf(e).sender(hactor.NewPID("10.0.0.1:4000", "who/knows"))
		require.False(t, s.Respond("no protobuf message"))
		require.Contains(t, log(), "answer not sent")
		require.Equal(t, []any{"no protobuf message"}, dead.told())
		require.True(t, s.Respond(wrapperspb.String("good")))
		require.False(t, s.Respond(wrapperspb.String("a second")))
		require.Nil(t, hubOf(e).sender(hactor.NewPID("10.0.0.1:4000", nobodyID)), "there is nobody to answer")
	})
}
