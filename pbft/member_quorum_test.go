package pbft

import (
	"math/bits"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestQuorumTable lists f, Q and W, calculated by hand. The rows with n ≠ 3f+1
// catch code with 2f+1 instead of Q.
func TestQuorumTable(t *testing.T) {
	for _, row := range [][4]int{ // n, f, Q, W
		{1, 0, 1, 1},
		{2, 0, 2, 1},
		{3, 0, 2, 1},
		{4, 1, 3, 2},
		{5, 1, 4, 2},
		{6, 1, 4, 2},
		{7, 2, 5, 3},
		{8, 2, 6, 3},
		{9, 2, 6, 3},
		{10, 3, 7, 4},
		{11, 3, 8, 4},
		{12, 3, 8, 4},
		{13, 4, 9, 5},
	} {
		require.Equal(t, row, [4]int{row[0], Faulty(row[0]), StrongQuorum(row[0]), WeakQuorum(row[0])})
	}
}

// TestQuorumsIntersect tries every pair of quorums for every n up to 10.
func TestQuorumsIntersect(t *testing.T) {
	for n := 1; n <= 10; n++ {
		f, q := Faulty(n), StrongQuorum(n)
		require.LessOrEqual(t, q, n-f, "correct replicas of %d can form a quorum", n)
		for a := range 1 << n {
			for b := range 1 << n {
				if bits.OnesCount(uint(a)) == q && bits.OnesCount(uint(b)) == q && bits.OnesCount(uint(a&b)) < f+1 {
					require.Failf(t, "quorums share too few", "n=%d: %b and %b", n, a, b)
				}
			}
		}
	}
}
