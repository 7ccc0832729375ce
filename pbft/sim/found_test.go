package sim

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Seeds that have found mistakes. In 528 a replica that restarts from its log
// held the numbers of three windows. In 600 one that adopts a certificate holds
// them for a while, which the oracle has to allow. In 1052 a message that was
// kept for a view ended the epoch, with it the others that were kept, and the
// replica failed. In 1621 the chunks of a newer checkpoint lacked the proofs of
// epochs that a replaced transfer had proven, so that the state of replica 4
// never arrived.
func TestSimSeedsThatFoundMistakes(t *testing.T) {
	for _, seed := range []uint64{528, 600} {
		_, err := Run(Random(seed))
		require.NoError(t, err)
	}
	for _, seed := range []uint64{1052, 1621} {
		_, err := Run(RandomMembers(seed))
		require.NoError(t, err)
	}
}
