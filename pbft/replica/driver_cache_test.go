package replica

import (
	"bufio"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/pbft"
)

// readTorsionVectors reads pbft's testdata/torsion.txt: key, message, signature
// and the answers of both rules.
func readTorsionVectors(t *testing.T) (signed []pbft.Signed, standard, batch []bool) {
	file, err := os.Open("../testdata/torsion.txt")
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
		s := pbft.Signed{Key: pbft.PublicKey(raw[0]), Message: raw[1], Signature: pbft.Signature(raw[2])}
		signed = append(signed, s)
		standard = append(standard, f[3] == "valid")
		batch = append(batch, f[4] == "valid")
	}
	require.NoError(t, lines.Err())
	return signed, standard, batch
}

// TestCacheAnswersAsItsRule: on keys and R values with a component of order 8,
// on which the two rules differ, the cache answers as the rule does, also from
// memory.
func TestCacheAnswersAsItsRule(t *testing.T) {
	signed, standard, batch := readTorsionVectors(t)
	for _, r := range []pbft.Rule{pbft.StandardRule, pbft.BatchRule} {
		cache := newVerifiedCache(r.Verifier())
		want := map[pbft.Rule][]bool{pbft.StandardRule: standard, pbft.BatchRule: batch}[r]
		require.Equal(t, want, cache.VerifyAll(signed))
		require.Equal(t, want, cache.VerifyAll(signed), "from the cache")
	}
}

// TestCacheFindsTheBadOne: one bad signature among many spoils no other.
func TestCacheFindsTheBadOne(t *testing.T) {
	s := pbft.NewSigner([32]byte{1})
	var many []pbft.Signed
	for i := range 200 {
		m := []byte{byte(i)}
		many = append(many, pbft.Signed{Key: s.Public(), Message: m, Signature: s.Sign(m)})
	}
	many[77].Signature[3] ^= 1
	for _, r := range []pbft.Rule{pbft.StandardRule, pbft.BatchRule} {
		for i, ok := range newVerifiedCache(r.Verifier()).VerifyAll(many) {
			require.Equal(t, i != 77, ok, "%v, signature %d", r, i)
		}
	}
}
