package cometbft

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
)

// TestChangesAdvanceInParts: a client that is six changes behind gets there in
// parts of any size, and verifies the same header as from one proof with all
// changes. A part without its predecessor is refused.
func TestChangesAdvanceInParts(t *testing.T) {
	s := newSigners(t)
	all := []int{0, 1, 2, 3}
	var links []link
	for i := range 6 {
		var set []Validator
		for k, v := range s.set.Validators {
			set = append(set, Validator{Key: [32]byte(v.PubKey.Bytes()), Power: int64(10 + i*k)})
		}
		next := encodeValidators(set)
		var err error
		s.next, err = decodeValidators(next)
		require.NoError(t, err)
		links = append(links, link{s.certify(t, ledger.Header{Chain: s.trust.Chain}, int64(2*i+1), all...).Proof.Data, next})
		s.reorder()
	}
	h := s.certify(t, ledger.Header{Chain: s.trust.Chain, Height: 20}, 20, all...)
	h.Proof.Data = joinProof(links, h.Proof.Data)
	whole, err := Verifier{}.Verify(s.trust, h)
	require.NoError(t, err)

	one := len(links[0].header) + len(links[0].next)
	for limit, want := range map[int]int{1: 5, 2*one + one/2: 2, 1 << 20: 0} {
		parts, short, err := Verifier{}.SplitChanges(s.trust, h, limit)
		require.NoError(t, err)
		require.Len(t, parts, want)
		trusted := s.trust
		for _, p := range parts {
			trusted, err = Verifier{}.AdvanceChanges(trusted, p)
			require.NoError(t, err)
		}
		after, err := Verifier{}.Verify(trusted, short)
		require.NoError(t, err)
		require.Equal(t, whole, after)
		if want > 1 {
			_, err = Verifier{}.AdvanceChanges(s.trust, parts[1])
			require.ErrorIs(t, err, ledger.ErrFinality)
			_, err = Verifier{}.AdvanceChanges(s.trust, ledger.FinalityProof{Kind: "other", Data: parts[0].Data})
			require.ErrorIs(t, err, ledger.ErrFinality)
		}
	}
}

// reorder makes the next set the current one, with the keys in its order.
func (s *signers) reorder() {
	keys := s.keys[:0:0]
	for _, v := range s.next.Validators {
		for _, k := range s.keys {
			if k.PubKey().Equals(v.PubKey) {
				keys = append(keys, k)
			}
		}
	}
	s.keys, s.set, s.next = keys, s.next, nil
}
