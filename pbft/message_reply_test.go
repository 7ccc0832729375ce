package pbft

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// block makes one executed batch of k requests with distinct results.
func (f *fixture) block(seq uint64, k int) *Block {
	b := &Block{Header: Header{Seq: seq}}
	for i := range k {
		b.Executed = append(b.Executed, f.request(uint64(i+1), "op"))
		b.Results = append(b.Results, fmt.Appendf(nil, "result %d", i))
	}
	return b
}

func (f *fixture) tally() *Tally {
	t := NewTally(StandardRule.Verifier(), f.chain, f.members, clientSigner().Public())
	for n := uint64(1); n <= 20; n++ {
		r := f.request(n, "op")
		t.Expect(&r)
	}
	return t
}

// TestPathsProveResults: every leaf of trees of every size up to 20 verifies in
// its place and in no other.
func TestPathsProveResults(t *testing.T) {
	f := newFixture(t, 4)
	for k := 1; k <= 20; k++ {
		for _, r := range Replies(f.chain, 1, f.signers[1], f.block(7, k)) {
			require.NoError(t, r.Verify(StandardRule.Verifier(), f.chain, f.members))
			for name, change := range map[string]func(*Reply){
				"result":   func(r *Reply) { r.Result = []byte("other") },
				"number":   func(r *Reply) { r.Number++ },
				"client":   func(r *Reply) { r.Client[0]++ },
				"index":    func(r *Reply) { r.Index++ },
				"count":    func(r *Reply) { r.Count++ },
				"path":     func(r *Reply) { r.Path = append(append([]Digest{}, r.Path...), Digest{}) },
				"replica":  func(r *Reply) { r.Replica = 2 },
				"sequence": func(r *Reply) { r.Seq++ },
				"stranger": func(r *Reply) { r.Replica = 9 },
			} {
				bad := r
				change(&bad)
				require.ErrorIs(t, bad.Verify(StandardRule.Verifier(), f.chain, f.members), ErrReply, "%s of %d", name, k)
			}
		}
	}
}

// TestClientNeedsDistinctReplicas: many replies of one replica, or equal lies
// of f replicas, are not enough.
func TestClientNeedsDistinctReplicas(t *testing.T) {
	f := newFixture(t, 7) // f = 2, so three alike are needed
	tally := f.tally()
	truth := func(id ReplicaID) Reply { return Replies(f.chain, id, f.signers[id], f.block(7, 3))[0] }
	lie := func(id ReplicaID) Reply {
		b := f.block(7, 3)
		b.Results[0] = []byte("lie")
		return Replies(f.chain, id, f.signers[id], b)[0]
	}
	add := func(r Reply) bool {
		ok, _ := tally.Add(&r)
		return ok
	}
	for range 5 {
		require.False(t, add(lie(5)), "the same replica again")
	}
	require.False(t, add(lie(6)))
	require.False(t, add(truth(0)))
	require.False(t, add(truth(1)))
	forged := truth(2)
	forged.Signature[0] ^= 1
	require.False(t, add(forged))
	require.True(t, add(truth(3)))
	require.False(t, add(truth(4)), "accepted only once")
	require.False(t, add(func() Reply { r := truth(2); r.Number = 99; return r }()), "not expected")
}
