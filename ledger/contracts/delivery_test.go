package contracts

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
)

func TestPrivacyEachDERSeesItsOwnRowAndNoOther(t *testing.T) {
	s := newStage(t, 5)
	h := &s.sealed.Header
	envelopes, err := SealDeliveries(s.random, h, s.opened, s.keyOf)
	require.NoError(t, err)
	require.Len(t, envelopes, 8, "dummies hide that there are five")
	openedBy := make([]int, len(envelopes))
	for der, k := range s.ders {
		d, err := OpenDelivery(k, h, envelopes)
		require.NoError(t, err)
		require.Equal(t, der, d.Row.DER)
		for i, e := range envelopes {
			require.Len(t, e.Ciphertext, len(envelopes[0].Ciphertext))
			if _, err := k.Open(deliveryInfo(h), ledger.Encode(h), e); err == nil {
				openedBy[i]++
			}
		}
		// What it holds names nobody else.
		b := ledger.Encode(d)
		for other := range s.ders {
			require.Equal(t, other == der, bytes.Contains(b, []byte(other)))
		}
	}
	slices.Sort(openedBy)
	require.Equal(t, []int{0, 0, 0, 1, 1, 1, 1, 1}, openedBy)

	_, err = OpenDelivery(s.grid, h, envelopes)
	require.ErrorIs(t, err, ErrNotForMe)
	elsewhere := *h
	elsewhere.Period++
	for _, k := range s.ders {
		_, err = OpenDelivery(k, &elsewhere, envelopes)
		require.ErrorIs(t, err, ErrNotForMe, "envelopes replayed in another period")
	}
}

func TestPrivacyRowThatTheVPPDidNotCommitToIsFoundOut(t *testing.T) {
	s := newStage(t, 5)
	h := &s.sealed.Header
	mine, other := s.opened.Deliver(h, 1), s.opened.Deliver(h, 2)
	require.NoError(t, mine.Verify(h))

	altered := mine
	altered.Row.Values = []ledger.Micro{7 * ledger.One}
	require.ErrorIs(t, altered.Verify(h), ledger.ErrPath)
	salted := mine
	salted.Salt[0] ^= 1
	require.ErrorIs(t, salted.Verify(h), ledger.ErrPath)
	swapped := mine
	swapped.Path = other.Path
	require.ErrorIs(t, swapped.Verify(h), ledger.ErrPath, "another DER's path")

	// A lying grid seals an altered row: the DER opens it and sees that it does
	// not fit.
	b, err := ledger.Seal(s.random, s.ders["der-01"].Public(), deliveryInfo(h), ledger.Encode(h), pad(ledger.Encode(&altered), deliveryFloor))
	require.NoError(t, err)
	_, err = OpenDelivery(s.ders["der-01"], h, []ledger.Sealed{b})
	require.ErrorIs(t, err, ledger.ErrPath)
}

// Without its salt a row could be guessed from its leaf: the attacker knows the
// DER and tries the few thousand capacities there are. With the salt the same
// search finds nothing.
func TestPrivacySaltKeepsRowsFromBeingGuessed(t *testing.T) {
	s := newStage(t, 4)
	guess := func(leaf ledger.Hash, salt [SaltSize]byte) bool {
		for mw := ledger.Micro(0); mw < 5000; mw++ {
			r := Row{DER: "der-02", Values: []ledger.Micro{mw * ledger.One / 100}, Note: []byte("tariff of der-02")}
			if ledger.Hash(ledger.MerkleRoot([][]byte{rowLeaf(salt, &r)})) == leaf {
				return true
			}
		}
		return false
	}
	unsalted := ledger.MerkleRoot([][]byte{rowLeaf([SaltSize]byte{}, &s.scheme.Rows[2])})
	require.True(t, guess(unsalted, [SaltSize]byte{}), "the attack itself")
	require.False(t, guess(ledger.MerkleRoot(s.opened.leaves()[2:3]), [SaltSize]byte{}))
}
