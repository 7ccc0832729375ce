package pbft

import (
	"bufio"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// readTorsionVectors reads testdata/torsion.txt: key, message, signature and what either rule says.
func readTorsionVectors(t *testing.T) (signed []Signed, standard, batch []bool) {
	file, err := os.Open("testdata/torsion.txt")
	require.NoError(t, err)
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		f := strings.Fields(lines.Text())
		require.Len(t, f, 5)
		var raw [3][]byte
		for i := range raw {
			raw[i], err = hex.DecodeString(f[i])
			require.NoError(t, err)
		}
		s := Signed{Key: PublicKey(raw[0]), Message: raw[1], Signature: Signature(raw[2])}
		signed = append(signed, s)
		standard = append(standard, f[3] == "valid")
		batch = append(batch, f[4] == "valid")
	}
	require.NoError(t, lines.Err())
	return signed, standard, batch
}

// TestRulesOnTorsionVectors: keys and R values with a component of order 8. The two rules differ on them, so each chain
// has one rule for everybody; within a rule, single and batched checks agree.
func TestRulesOnTorsionVectors(t *testing.T) {
	signed, standard, batch := readTorsionVectors(t)
	require.Equal(t, standard, StandardRule.Verifier().VerifyAll(signed))
	require.Equal(t, batch, BatchRule.Verifier().VerifyAll(signed))
	differ := false
	for i := range signed {
		require.Equal(t, standard[i], StandardRule.Verifier().Verify(signed[i]), "vector %d", i)
		require.Equal(t, batch[i], BatchRule.Verifier().Verify(signed[i]), "vector %d", i)
		differ = differ || standard[i] != batch[i]
	}
	require.True(t, differ, "vectors on which the rules do not differ prove nothing")
	for _, r := range []Rule{StandardRule, BatchRule} {
		cache := newVerifiedCache(r.Verifier())
		want := map[Rule][]bool{StandardRule: standard, BatchRule: batch}[r]
		require.Equal(t, want, cache.VerifyAll(signed))
		require.Equal(t, want, cache.VerifyAll(signed), "from the cache")
	}
}

// TestBatchFindsTheBadOne: one bad signature among many spoils no other.
func TestBatchFindsTheBadOne(t *testing.T) {
	s := NewSigner([32]byte{1})
	var many []Signed
	for i := range 200 {
		m := []byte{byte(i)}
		many = append(many, Signed{Key: s.Public(), Message: m, Signature: s.Sign(m)})
	}
	many[77].Signature[3] ^= 1
	for _, r := range []Rule{StandardRule, BatchRule} {
		for i, ok := range newVerifiedCache(r.Verifier()).VerifyAll(many) {
			require.Equal(t, i != 77, ok, "%v, signature %d", r, i)
		}
	}
}
