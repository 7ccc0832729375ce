package ledger

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

// ctEntries and ctRoots are the published test vectors of Certificate
// Transparency's Merkle tree (RFC 6962).
func ctEntries(t *testing.T) [][]byte {
	t.Helper()
	var out [][]byte
	for _, s := range []string{
		"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
	} {
		b, err := hex.DecodeString(s)
		require.NoError(t, err)
		out = append(out, b)
	}
	return out
}

func TestMerkleRootsAreThoseOfCertificateTransparency(t *testing.T) {
	entries := ctEntries(t)
	tree := &merkleTree{}
	for n, want := range []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	} {
		if n > 0 {
			tree.append(entries[n-1])
		}
		require.Equal(t, want, tree.root().String(), "%d entries", n)
	}
}

// The verifier is transparency-dev/merkle's; the paths are ours.
func TestEveryPathVerifiesAtEverySizeAndOnlyThere(t *testing.T) {
	tree := &merkleTree{}
	entry := func(i uint64) []byte { return []byte{byte(i), byte(i >> 8)} }
	const most = 40
	for i := range uint64(most) {
		tree.append(entry(i))
	}
	for size := uint64(1); size <= most; size++ {
		root := tree.rootAt(size)
		for i := range size {
			p := tree.pathAt(i, size)
			require.NoError(t, p.Verify(root, entry(i)))
			require.ErrorIs(t, p.Verify(root, entry(i+1)), ErrPath)
			for _, bad := range []Path{
				{p.Index, p.Size, append(p.Siblings[:len(p.Siblings):len(p.Siblings)], Hash{})},
				{p.Size, p.Size, p.Siblings},
				{p.Index ^ 1, p.Size, p.Siblings},
			} {
				require.ErrorIs(t, bad.Verify(root, entry(i)), ErrPath)
			}
			for k := range p.Siblings {
				bad := Path{p.Index, p.Size, append([]Hash(nil), p.Siblings...)}
				bad.Siblings[k][k%32] ^= 0x10
				require.ErrorIs(t, bad.Verify(root, entry(i)), ErrPath)
				bad.Siblings = p.Siblings[:k]
				require.ErrorIs(t, bad.Verify(root, entry(i)), ErrPath)
			}
		}
	}
}

// TestInnerNodeIsNoEntry shows the 64 bytes under an inner node as if they were
// an entry.
func TestInnerNodeIsNoEntry(t *testing.T) {
	tree := newMerkleTree([][]byte{{1}, {2}, {3}, {4}})
	left := append(tree.perfect[0][0][:], tree.perfect[0][1][:]...)
	p := Path{Index: 0, Size: 2, Siblings: []Hash{tree.perfect[1][1]}}
	require.ErrorIs(t, p.Verify(tree.root(), left), ErrPath)
}
