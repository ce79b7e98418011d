package tree_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAProgramOfTheOTPTestIsReadAsItIsWritten(t *testing.T) {
	for i := range uint64(500) {
		p := drawOTP(1, i)
		read, err := parseOTP(p.String())
		require.NoError(t, err)
		require.Equal(t, p.String(), read.String())
		require.Equal(t, otpPredict(p, otpAll), otpPredict(read, otpAll))
	}
}

func TestWhatIsNoProgramOfTheOTPTestIsRefused(t *testing.T) {
	for text, fault := range map[string]string{
		"one 1 never [ a perm ]":                                       "to boot, once",
		"one 1 never [ a perm ] ; boot ; boot":                         "to boot, once",
		"one 1 never [ a perm ] ; stop a ; boot":                       "to boot, once",
		"one 1 never [ a perm sig ] ; boot":                            "a cannot be significant",
		"one 1 never [ a temp sig ] ; boot":                            "a cannot be significant",
		"one 1 never [ a perm A perm one 1 never [ a perm ] ] ; boot":  "a has two places",
		"one 1 never [ a perm a temp ] ; boot":                         "R has two places, or a child has",
		"one 1 never [ a perm ] ; boot ; stop b":                       "b is nobody",
		"one 1 never [ a perm ] ; onstop a b ; boot":                   "b is nobody",
		"one 1 never [ a perm ] ; boot ; jump a":                       `"jump" is no step`,
		"one 1 never [ a perm ] ; boot now":                            `"now" is one word too many`,
		"two 1 never [ a perm ] ; boot":                                `"two" is none of`,
		"one x never [ a perm ] ; boot":                                "a number is missing",
		"one 1 never [ a perm ; boot":                                  "a word is missing",
		"one 1 never [ A perm one 1 never [ ] ] ; boot ; exit A crash": "is not for A",
	} {
		_, err := parseOTP(text)
		require.ErrorContains(t, err, fault, text)
	}
}

func TestADifferenceFromOTPIsNoticed(t *testing.T) {
	p, err := parseOTP("all 3 never [ a perm b trans c temp ] ; boot ; exit b crash ; stop a ; exit b kill")
	require.NoError(t, err)
	otp := "; R1 a1 b1 c1 =ok ; -c .c -a .a a2 b2 =ok ; -a .a =ok ; a3 b3 =ok ; [a+ b+] -b .b -a .a R=halt"
	tree := "; R1 a1 b1 c1 =ok ; -c .c -a .a a2 b2 =ok ; -a .a =ok ; b3 =ok ; [a- b+] -b .b R=halt"
	require.Equal(t, tree, playOTP(t, p), "whom the operator stopped is not started")
	require.False(t, compareOTP(p, otp, tree).differs())

	require.True(t, compareOTP(p, otp, otp).differs(), "a deviation that is not there is a difference as well")
	require.True(t, compareOTP(p, tree, tree).differs())
	for _, trace := range []string{otp, tree} { // whatever word is missing, or in another's place
		words := strings.Fields(trace)
		for i := range len(words) - 1 {
			missing := strings.Join(append(append([]string{}, words[:i]...), words[i+1:]...), " ")
			other := append([]string{}, words...)
			other[i], other[i+1] = words[i+1], words[i]
			for _, wrong := range []string{missing, strings.Join(other, " ")} {
				require.NotEqual(t, trace, wrong)
				require.True(t, compareOTP(p, wrong, tree).differs(), wrong)
				require.True(t, compareOTP(p, otp, wrong).differs(), wrong)
			}
		}
	}
	require.Contains(t, compareOTP(p, otp, otp).String(), "-otp-program '"+p.String()+"'")
}

func TestAProgramThatDiffersIsShrunkToTheLeastThatDoes(t *testing.T) {
	// Who has forgotten what an operator's stop means differs wherever a group comes by.
	forgets := func(p *otpProgram) bool { return otpPredict(p, otpAll&^otpStopStays) != otpPredict(p, otpAll) }
	shrunk := 0
	for i := uint64(0); shrunk < 20; i++ {
		p := drawOTP(3, i)
		if !forgets(p) {
			continue
		}
		shrunk++
		before := p.String()
		q := shrinkOTP(p, forgets)
		require.True(t, forgets(q), q)
		require.Equal(t, before, p.String(), "what is shrunk is a copy")
		require.LessOrEqual(t, len(strings.Split(q.String(), " ; ")), 4, "%s\nof %s", q, before)
		for edit := range otpEdits(q) {
			smaller := q.clone()
			otpEdits(smaller)[edit]()
			require.False(t, smaller.fault() == "" && !openOTP(smaller) && forgets(smaller), "%s is as good as %s", smaller, q)
		}
	}
}
