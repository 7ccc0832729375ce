package trie

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// twinRoot computes the root from the definition in the package comment, with
// none of the package's machinery.
func twinRoot(entries map[string]string, depth int) Hash {
	switch len(entries) {
	case 0:
		return Hash{}
	case 1:
		for k, v := range entries {
			path, value := sha256.Sum256([]byte("\x02"+k)), sha256.Sum256([]byte(v))
			return sha256.Sum256(append(append([]byte{0}, path[:]...), value[:]...))
		}
	}
	zeros, ones := map[string]string{}, map[string]string{}
	for k, v := range entries {
		path := sha256.Sum256([]byte("\x02" + k))
		if path[depth/8]&(0x80>>(depth%8)) == 0 {
			zeros[k] = v
		} else {
			ones[k] = v
		}
	}
	l, r := twinRoot(zeros, depth+1), twinRoot(ones, depth+1)
	return sha256.Sum256(append(append([]byte{1}, l[:]...), r[:]...))
}

func TestRandomChangesAgreeWithTheTwin(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	var tr Trie
	twin := map[string]string{}
	old, oldRoot := tr, tr.Root()
	for step := range 3000 {
		key, value := fmt.Sprint(random.IntN(60)), fmt.Sprint(random.IntN(5))
		if random.IntN(3) == 0 {
			tr = tr.Delete(key)
			delete(twin, key)
		} else {
			tr = tr.Put(key, []byte(value))
			twin[key] = value
		}
		if step%10 != 0 {
			continue
		}
		require.Equal(t, twinRoot(twin, 0), tr.Root())
		require.Equal(t, len(twin), tr.Len())
		require.Equal(t, oldRoot, old.Root(), "an old version has changed")
		entries := tr.Entries()
		require.Len(t, entries, len(twin))
		for i, e := range entries {
			require.Equal(t, twin[e.Key], string(e.Value))
			require.True(t, i == 0 || entries[i-1].Key < e.Key)
		}
		old, oldRoot = tr, tr.Root()
	}
}

// TestUpdateAgreesWithTheTwin makes up to 40 changes at once, among them
// removals of absent keys.
func TestUpdateAgreesWithTheTwin(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	var tr Trie
	twin := map[string]string{}
	for range 500 {
		old, oldRoot := tr, tr.Root()
		var changes []Change
		for _, key := range random.Perm(60)[:random.IntN(40)] {
			c := Change{Key: fmt.Sprint(key), Value: fmt.Append(nil, random.IntN(5)), Removed: random.IntN(2) == 0}
			if changes = append(changes, c); c.Removed {
				delete(twin, c.Key)
			} else {
				twin[c.Key] = string(c.Value)
			}
		}
		tr = tr.Update(changes)
		require.Equal(t, twinRoot(twin, 0), tr.Root())
		require.Equal(t, len(twin), tr.Len())
		require.Len(t, tr.Entries(), len(twin))
		require.Equal(t, oldRoot, old.Root(), "an old version has changed")
		for key := range 60 {
			value, has := tr.Get(fmt.Sprint(key))
			want, wanted := twin[fmt.Sprint(key)]
			require.Equal(t, wanted, has)
			require.Equal(t, want, string(value))
		}
	}
}

func TestWitnessesProveWhatGetSaysAndNothingElse(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	var tr Trie
	for i := range 200 {
		key := fmt.Sprint(random.IntN(400))
		w := tr.Witness(key)
		value, has := tr.Get(key)
		root := tr.Root()
		require.Equal(t, has, Present(root, key, value, w))
		require.Equal(t, !has, Absent(root, key, w))
		if has {
			require.False(t, Present(root, key, append([]byte("x"), value...), w))
		}
		require.False(t, Present(root, key, []byte("other"), w))
		other := fmt.Sprint(random.IntN(400))
		if other != key {
			_, otherHas := tr.Get(other)
			require.False(t, Present(root, other, value, w))
			require.False(t, otherHas && Absent(root, other, w))
		}
		for k := range w.Siblings {
			bad := w
			bad.Siblings = append([]Hash(nil), w.Siblings...)
			bad.Siblings[k][random.IntN(32)] ^= 1
			require.False(t, Present(root, key, value, bad) || Absent(root, key, bad))
			bad.Siblings = w.Siblings[:k]
			require.False(t, Present(root, key, value, bad), "cut to %d siblings", k)
			require.False(t, Absent(root, key, bad), "cut to %d siblings", k)
		}
		bad := w
		bad.Siblings = append([]Hash{{}}, w.Siblings...)
		require.False(t, Present(root, key, value, bad) || Absent(root, key, bad))
		tr = tr.Put(fmt.Sprint(random.IntN(400)), fmt.Appendf(nil, "v%d", i))
	}
}

// An inner node shown as a leaf, or the leaf of another key as the end of this
// key's path, proves nothing.
func TestForgedLeavesAreRefused(t *testing.T) {
	var tr Trie
	for i := range 20 {
		tr = tr.Put(fmt.Sprint(i), []byte("v"))
	}
	root := tr.Root()
	present := tr.Witness("3")
	path, value := pathOf("4"), sha256.Sum256([]byte("v"))
	require.False(t, Absent(root, "3", Witness{Siblings: present.Siblings, Path: path, Value: value}))
	require.False(t, Absent(root, "3", Witness{Siblings: present.Siblings, Path: pathOf("3"), Value: value}))
	require.False(t, Absent(root, "3", Witness{Siblings: make([]Hash, MaxDepth+1)}))
	require.False(t, Present(root, "3", nil, Witness{}))
}

func BenchmarkPut(b *testing.B) {
	for _, size := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			var tr Trie
			for i := range size {
				tr = tr.Put(fmt.Sprint(i), []byte("value"))
			}
			b.ResetTimer()
			for i := range b.N {
				tr.Put(fmt.Sprint(i%size), []byte("other"))
			}
		})
	}
}
