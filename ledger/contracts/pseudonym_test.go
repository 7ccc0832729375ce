package contracts

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
)

func TestPrivacyPseudonymsCannotBeUndoneByTryingNames(t *testing.T) {
	names := make([]string, 5000)
	for i := range names {
		names[i] = fmt.Sprintf("der-%04d", i)
	}
	target := "der-3141"
	// The attack on a plain hash works at once.
	plain := sha256.Sum256([]byte(target))
	i := slices.IndexFunc(names, func(n string) bool { return sha256.Sum256([]byte(n)) == plain })
	require.Equal(t, target, names[i])

	random := rand.NewChaCha8([32]byte{9})
	k, err := NewPeriodKey(random, ledger.Hash{1}, 4)
	require.NoError(t, err)
	other, err := NewPeriodKey(random, ledger.Hash{1}, 5)
	require.NoError(t, err)
	pseudonym, line := k.For(target, "der-0001"), k.Settlement(target)
	for _, n := range names {
		h := sha256.Sum256([]byte(n))
		require.NotEqual(t, [16]byte(h[:16]), pseudonym)
		require.NotEqual(t, pseudonym, other.For(n, "der-0001"), "another period's key")
		require.NotEqual(t, line, Pseudonym(ledger.Hash{1}, 4, n, [SaltSize]byte{}))
	}
	require.NotEqual(t, pseudonym, k.For(target, "der-0002"), "two recipients could join their lists")
	require.Equal(t, pseudonym, k.For(target, "der-0001"))

	// Opening one line opens no other.
	salt := k.Salt(target)
	require.Equal(t, line, Pseudonym(ledger.Hash{1}, 4, target, salt))
	require.NotEqual(t, k.Settlement("der-0002"), Pseudonym(ledger.Hash{1}, 4, "der-0002", salt))
	k.Destroy()
	require.NotEqual(t, line, k.Settlement(target), "the key is gone")
}

// Three choices can be tried: an unsalted commitment hides nothing. With 32
// random bytes there is nothing to try, and a copied commitment belongs to
// somebody else.
func TestPrivacyChoicesStayHiddenUntilRevealed(t *testing.T) {
	choices := []string{"", "vpp-a", "vpp-b"}
	find := func(c ledger.Hash, salt [SaltSize]byte) bool {
		return slices.ContainsFunc(choices, func(v string) bool { return ChoiceCommitment(ledger.Hash{1}, 4, 1, "der", v, salt) == c })
	}
	salt := [SaltSize]byte{3, 1, 4}
	require.True(t, find(ChoiceCommitment(ledger.Hash{1}, 4, 1, "der", "vpp-b", [SaltSize]byte{}), [SaltSize]byte{}))
	c := ChoiceCommitment(ledger.Hash{1}, 4, 1, "der", "vpp-b", salt)
	require.False(t, find(c, [SaltSize]byte{}))
	for name, other := range map[string]ledger.Hash{
		"copied by another DER": ChoiceCommitment(ledger.Hash{1}, 4, 1, "thief", "vpp-b", salt),
		"replayed next round":   ChoiceCommitment(ledger.Hash{1}, 4, 2, "der", "vpp-b", salt),
		"replayed next period":  ChoiceCommitment(ledger.Hash{1}, 5, 1, "der", "vpp-b", salt),
		"replayed elsewhere":    ChoiceCommitment(ledger.Hash{2}, 4, 1, "der", "vpp-b", salt),
		"revealed as another":   ChoiceCommitment(ledger.Hash{1}, 4, 1, "der", "vpp-a", salt),
	} {
		require.NotEqual(t, c, other, name)
	}
}
