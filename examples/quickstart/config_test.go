package main

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/tree"
)

func TestBadInputIsNamedAndStartsNothing(t *testing.T) {
	dir := write(t, map[string]string{"a.go": "package a\n"})
	file := filepath.Join(dir, "a.go")
	missing := filepath.Join(dir, "missing")
	require.NoError(t, os.Symlink(missing, filepath.Join(dir, "dangling")))
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"a missing dir":       {[]string{missing}, `dir = "` + missing + `": does not exist`},
		"an empty dir":        {[]string{""}, `dir = "": does not exist`},
		"a file":              {[]string{file}, `dir = "` + file + `": is a file, not a directory`},
		"below a file":        {[]string{file + "/x"}, `dir = "` + file + `/x"`},
		"a dangling link":     {[]string{filepath.Join(dir, "dangling")}, `does not exist`},
		"two dirs":            {[]string{dir, dir}, `give one dir`},
		"a flag after dir":    {[]string{dir, "-workers=2"}, `after the flags`},
		"a rate of one":       {[]string{"-crash-rate=1", dir}, "-crash-rate = 1: must be at least 0 and less than 1"},
		"a negative rate":     {[]string{"-crash-rate=-0.1", dir}, "-crash-rate = -0.1: must be"},
		"no number at all":    {[]string{"-crash-rate=" + strconv.FormatFloat(math.NaN(), 'g', -1, 64), dir}, "-crash-rate = NaN: must be"},
		"a rate in words":     {[]string{"-crash-rate=often", dir}, `invalid value "often" for flag -crash-rate`},
		"no workers":          {[]string{"-workers=0", dir}, "-workers = 0: must be 1 to 1024"},
		"negative workers":    {[]string{"-workers=-3", dir}, "-workers = -3: must be 1 to 1024"},
		"too many workers":    {[]string{"-workers=1025", dir}, "-workers = 1025: must be 1 to 1024"},
		"a negative seed":     {[]string{"-seed=-1", dir}, `invalid value "-1" for flag -seed`},
		"an unknown flag":     {[]string{"-wrokers=1", dir}, "-wrokers"},
		"everything at once":  {[]string{"-workers=0", "-crash-rate=2", missing}, "-crash-rate = 2: must be at least 0 and less than 1\nquickstart: -workers = 0: must be 1 to 1024\nquickstart: dir = "},
		"a value that is not": {[]string{"-seed"}, "flag needs an argument: -seed"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := command(tc.args...)
			require.Equal(t, exitUsage, code)
			require.Empty(t, stdout)
			require.Contains(t, stderr, tc.want)
			require.Regexp(t, `^quickstart: .*\n`, stderr)
			for range tree.Roots() {
				t.Error("a scope was opened")
			}
		})
	}
}

func TestHelpIsNoError(t *testing.T) {
	code, stdout, stderr := command("-help")
	require.Equal(t, exitDone, code)
	require.Empty(t, stderr)
	for _, flag := range []string{"-crash-rate", "-seed", "-workers", "-progress", "[dir]"} {
		require.Contains(t, stdout, flag)
	}
}

func TestWithoutADirTheToolchainsSourceIsMeant(t *testing.T) {
	c, err := newConfig(nil, t.Output())
	require.NoError(t, err)
	real, err := filepath.EvalSymlinks(toolchain("."))
	require.NoError(t, err)
	require.Equal(t, real, c.dir)
	require.Positive(t, c.workers)
	require.Zero(t, c.crashRate)
}

func TestALinkToADirIsFollowedAndLinksBelowItAreNot(t *testing.T) {
	dir := write(t, map[string]string{"src/a.go": "package a\n", "other/b.go": "package b\n"})
	require.NoError(t, os.Symlink(filepath.Join(dir, "src"), filepath.Join(dir, "link")))
	require.NoError(t, os.Symlink(filepath.Join(dir, "other"), filepath.Join(dir, "src", "other")))
	require.NoError(t, os.Symlink(filepath.Join(dir, "other", "b.go"), filepath.Join(dir, "src", "b.go")))
	code, stdout, stderr := command(filepath.Join(dir, "link"))
	require.Equal(t, exitDone, code, stderr)
	require.Regexp(t, `(?m)^files found +1$`, stdout)
}

func TestATreeWithoutGoFilesIsIndexedToo(t *testing.T) {
	code, stdout, stderr := command("-workers=3", t.TempDir())
	require.Equal(t, exitDone, code, stderr)
	require.Empty(t, stderr)
	require.Regexp(t, `(?m)^files found +0$`, stdout)
}
