package ledger

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
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
			if _, err := k.Open(deliveryInfo(h), Encode(h), e); err == nil {
				openedBy[i]++
			}
		}
		// What it holds names nobody else.
		b := Encode(d)
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
	altered.Row.Values = []Micro{7 * One}
	require.ErrorIs(t, altered.Verify(h), ErrPath)
	salted := mine
	salted.Salt[0] ^= 1
	require.ErrorIs(t, salted.Verify(h), ErrPath)
	swapped := mine
	swapped.Path = other.Path
	require.ErrorIs(t, swapped.Verify(h), ErrPath, "another DER's path")

	// A lying grid seals an altered row: the DER opens it and sees that it does not fit.
	b, err := Seal(s.random, s.ders["der-01"].Public(), deliveryInfo(h), Encode(h), pad(Encode(&altered), deliveryFloor))
	require.NoError(t, err)
	_, err = OpenDelivery(s.ders["der-01"], h, []Sealed{b})
	require.ErrorIs(t, err, ErrPath)
}

// Without its salt a row could be guessed from its leaf: the attacker knows the DER and tries the few thousand
// capacities there are. With the salt the same search finds nothing.
func TestPrivacySaltKeepsRowsFromBeingGuessed(t *testing.T) {
	s := newStage(t, 4)
	guess := func(leaf Hash, salt [SaltSize]byte) bool {
		for mw := Micro(0); mw < 5000; mw++ {
			r := Row{DER: "der-02", Values: []Micro{mw * One / 100}, Note: []byte("tariff of der-02")}
			if Hash(MerkleRoot([][]byte{rowLeaf(salt, &r)})) == leaf {
				return true
			}
		}
		return false
	}
	unsalted := MerkleRoot([][]byte{rowLeaf([SaltSize]byte{}, &s.scheme.Rows[2])})
	require.True(t, guess(unsalted, [SaltSize]byte{}), "the attack itself")
	require.False(t, guess(MerkleRoot(s.opened.leaves()[2:3]), [SaltSize]byte{}))
}

// The grid sends a DER a row that the VPP did commit to, but another DER's.
func TestPrivacyAnotherDERsRowIsNotTakenForOnesOwn(t *testing.T) {
	ctx := t.Context()
	n, err := NewNetwork(ctx, NetworkConfig{Random: rand.NewChaCha8([32]byte{'r'}), Members: []PartyConfig{
		{"grid", RoleGrid}, {"vpp", RoleVPP}, {"der-00", RoleDER}, {"der-01", RoleDER},
	}})
	require.NoError(t, err)
	defer n.Close()
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	s := newStage(t, 2).scheme
	s.Rows = s.Rows[:1]
	require.NoError(t, n.SubmitScheme(ctx, 1, "vpp", s))
	d, err := n.Decide(ctx, 1, nil)
	require.NoError(t, err)
	r, err := n.Scheme(ctx, 1, "vpp")
	require.NoError(t, err)
	envelopes, err := SealDeliveries(n.random, &r.Header, d[0].Scheme, func(string) (SealKey, error) { return n.sealKey("der-01") })
	require.NoError(t, err)
	_, err = n.grid.Send(ctx, &DeliverRows{Period: 1, VPP: "vpp", Version: 1, Envelopes: envelopes})
	require.NoError(t, err)
	_, err = n.Deliveries(ctx, 1, "der-01")
	require.ErrorContains(t, err, `"der-01" was sent the row of "der-00"`)
}
