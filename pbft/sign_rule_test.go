package pbft

import (
	"bufio"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// readTorsionVectors reads testdata/torsion.txt: key, message, signature and
// the answers of both rules.
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

// TestRulesOnTorsionVectors checks keys and R values with a component of order
// 8, on which the two rules differ. Within a rule, single and batched checks
// agree.
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
		for i, ok := range r.Verifier().VerifyAll(many) {
			require.Equal(t, i != 77, ok, "%v, signature %d", r, i)
		}
	}
}

// oddEncodings returns the encodings of a point on which implementations of
// Ed25519 are known to disagree: the points of order 1, 2, 4 and 8 and every
// encoding whose y is p or more, each with either sign bit. Not all are points.
func oddEncodings(t *testing.T) [][32]byte {
	var out [][32]byte
	add := func(y [32]byte) {
		y[31] &= 0x7f
		signed := y
		signed[31] |= 0x80
		out = append(out, y, signed)
	}
	for _, order8 := range []string{
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	} {
		raw, err := hex.DecodeString(order8)
		require.NoError(t, err)
		add([32]byte(raw))
	}
	add([32]byte{})                       // order 4
	add([32]byte{1})                      // the identity
	for low := 0xec; low <= 0xff; low++ { // p-1, of order 2, and the 19 numbers above it that fit in 255 bits
		var y [32]byte
		for i := range y {
			y[i] = 0xff
		}
		y[0] = byte(low)
		add(y)
	}
	return out
}

// TestStandardRuleIsTheStandardLibrarys: the standard rule answers as
// crypto/ed25519 does, for keys and R values that other implementations treat
// differently, s below and above the group's order, and ordinary signatures.
func TestStandardRuleIsTheStandardLibrarys(t *testing.T) {
	order := [32]byte{
		0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 31: 0x10,
	}
	odd := oddEncodings(t)
	signer := NewSigner([32]byte{7})
	var cases []Signed
	for _, a := range append(odd, signer.Public()) {
		for _, r := range odd {
			for _, s := range [][32]byte{{}, {1}, order} {
				var signature Signature
				copy(signature[:], r[:])
				copy(signature[32:], s[:])
				// Among eight messages the hash takes different values modulo
				// the order of a small point.
				for m := range 8 {
					cases = append(cases, Signed{Key: a, Message: []byte{byte(m)}, Signature: signature})
				}
			}
		}
	}
	for i := range 64 {
		m := binary.BigEndian.AppendUint64(nil, uint64(i))
		good := Signed{Key: signer.Public(), Message: m, Signature: signer.Sign(m)}
		malleated, carry := good, 0 // s + the group's order proves the same equation and must be refused
		for j := range 32 {
			carry += int(good.Signature[32+j]) + int(order[j])
			malleated.Signature[32+j], carry = byte(carry), carry>>8
		}
		cases = append(cases, good, malleated)
	}
	torsion, _, _ := readTorsionVectors(t)
	cases = append(cases, torsion...)

	valid := 0
	v := StandardRule.Verifier()
	for i, ok := range v.VerifyAll(cases) {
		c := cases[i]
		want := ed25519.Verify(c.Key[:], c.Message, c.Signature[:])
		require.Equal(t, want, ok, "%+v", c)
		require.Equal(t, want, v.Verify(c), "%+v, its key known", c)
		if want {
			valid++
		}
	}
	require.Greater(t, valid, 100, "too few valid cases")
	require.Less(t, valid, len(cases)-100, "too few invalid cases")
}

// TestManyKeys: a verifier that has forgotten a key answers as before.
func TestManyKeys(t *testing.T) {
	for _, r := range []Rule{StandardRule, BatchRule} {
		v := r.Verifier()
		var first []Signed
		for i := range expandedKeys + 2 {
			signer := NewSigner([32]byte{0: byte(i), 1: byte(i >> 8)})
			s := Signed{Key: signer.Public(), Message: []byte("m"), Signature: signer.Sign([]byte("m"))}
			require.True(t, v.Verify(s))
			if i < 4 {
				first = append(first, s)
			}
		}
		first[1].Signature[0] ^= 1
		require.Equal(t, []bool{true, false, true, true}, v.VerifyAll(first))
	}
}

// FuzzStandardRule compares the standard rule with crypto/ed25519 on changed
// keys and signatures.
func FuzzStandardRule(f *testing.F) {
	signer := NewSigner([32]byte{7})
	key, signature := signer.Public(), signer.Sign([]byte("m"))
	f.Add(key[:], []byte("m"), signature[:])
	f.Fuzz(func(t *testing.T, key, message, signature []byte) {
		s := Signed{Message: message}
		copy(s.Key[:], key)
		copy(s.Signature[:], signature)
		want := ed25519.Verify(s.Key[:], s.Message, s.Signature[:])
		v := StandardRule.Verifier()
		require.Equal(t, want, v.Verify(s))
		require.Equal(t, []bool{want}, v.VerifyAll([]Signed{s}), "its key known")
	})
}
