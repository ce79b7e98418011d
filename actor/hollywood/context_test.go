package hollywood

import (
	"context"
	"reflect"
	"testing"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/anthdm/hollywood/safemap"
	"github.com/stretchr/testify/require"
)

// Each field is read back by the method of Hollywood's that is there for it: that the
// fields have their names would not do.
func TestWhatIsWrittenIntoAContextIsWhatHollywoodReads(t *testing.T) {
	pid, sender, parent := hactor.NewPID("a", "b/c"), hactor.NewPID("d", "e/f"), hactor.NewPID("g", "h/i")
	engine, receiver, ctx := newEngine(t), &recorder{}, context.WithValue(t.Context(), key{}, 1)
	outer, _, err := newContext(fields{pid: parent})
	require.NoError(t, err)
	brood := safemap.New[string, *hactor.PID]()
	brood.Set("c/1", pid)

	c, open, err := newContext(fields{pid, sender, engine, receiver, "hello", outer, brood, ctx})
	require.NoError(t, err)
	require.Same(t, pid, c.PID())
	require.Same(t, sender, c.Sender())
	require.Same(t, engine, c.Engine())
	require.Same(t, receiver, c.Receiver())
	require.Equal(t, "hello", c.Message())
	require.Same(t, parent, c.Parent())
	require.Equal(t, []*hactor.PID{pid}, c.Children())
	require.Same(t, pid, c.Child("c/1"))
	require.Equal(t, ctx, c.Context())

	open.message, open.sender = 42, nil
	require.Equal(t, 42, c.Message())
	require.Nil(t, c.Sender())
}

func TestAContextOfAnotherLayoutIsToldApart(t *testing.T) {
	type ours struct {
		PID     *hactor.PID
		Message any
	}
	type renamed struct {
		PID *hactor.PID
		Msg any
	}
	type retyped struct {
		PID     hactor.PID
		Message any
	}
	type moved struct {
		Message any
		PID     *hactor.PID
	}
	type more struct {
		PID     *hactor.PID
		Message any
		Stash   []any
	}
	require.NoError(t, sameLayout(reflect.TypeFor[ours](), reflect.TypeFor[ours]()))
	for want, theirs := range map[string]reflect.Type{
		"hollywood: hollywood.renamed is not that of Hollywood v1.0.5: has no field Message": reflect.TypeFor[renamed](),
		"its field PID is a actor.PID, not a *actor.PID":                                     reflect.TypeFor[retyped](),
		"its field PID is at 16, not at 0":                                                   reflect.TypeFor[moved](),
		"it has 48 bytes, not 24":                                                            reflect.TypeFor[more](),
	} {
		require.ErrorContains(t, sameLayout(theirs, reflect.TypeFor[ours]()), want)
	}
}

type key struct{}
