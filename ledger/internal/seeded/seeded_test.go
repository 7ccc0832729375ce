package seeded

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hpke"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// The outside source is the standard library: its recipient opens what this
// sender makes, and only that.
func TestTheStandardLibraryOpensWhatIsSealed(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	kem := hpke.DHKEM(ecdh.X25519())
	key, err := kem.GenerateKey()
	require.NoError(t, err)
	for _, size := range []int{0, 1, 15, 16, 17, 4096} {
		plaintext := bytes.Repeat([]byte{byte(size)}, size)
		enc, ciphertext, err := Seal(random, key.PublicKey().Bytes(), []byte("info"), []byte("aad"), plaintext)
		require.NoError(t, err)
		require.Len(t, ciphertext, size+16)

		open := func(info, aad string) ([]byte, error) {
			r, err := hpke.NewRecipient(enc, key, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(info))
			require.NoError(t, err)
			return r.Open([]byte(aad), ciphertext)
		}
		got, err := open("info", "aad")
		require.NoError(t, err)
		require.True(t, bytes.Equal(plaintext, got))
		_, err = open("other", "aad")
		require.Error(t, err)
		_, err = open("info", "other")
		require.Error(t, err)
	}
}

func TestOneSeedMakesTheSameBytesAndTwoSeedsDoNot(t *testing.T) {
	key, err := hpke.DHKEM(ecdh.X25519()).DeriveKeyPair(bytes.Repeat([]byte{7}, 32))
	require.NoError(t, err)
	seal := func(seed byte) []byte {
		enc, ct, err := Seal(rand.NewChaCha8([32]byte{seed}), key.PublicKey().Bytes(), nil, nil, []byte("x"))
		require.NoError(t, err)
		return append(enc, ct...)
	}
	require.Equal(t, seal(1), seal(1))
	require.NotEqual(t, seal(1), seal(2))
}
