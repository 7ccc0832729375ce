package pbft

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRestartKeepsPromises: accepted proposals, prepared certificates and the
// left view survive a restart.
func TestRestartKeepsPromises(t *testing.T) {
	f := newFixture(t, 4)
	n := f.node(t, 1)
	store := &MemoryStorage{}
	save := func() {
		for n.HasReady() {
			r := n.Ready()
			require.NoError(t, store.Append(r.Records))
			n.Advance()
		}
	}
	restart := func() {
		records, err := store.Load()
		require.NoError(t, err)
		n, err = NewNode(Config{ID: 1, Genesis: f.genesis, Signer: f.signers[1], Application: empty{}, Records: records})
		require.NoError(t, err)
	}
	p := f.prePrepare(0, 1, f.batch(1))
	require.NoError(t, n.Step(0, p))
	save()
	restart()
	require.ErrorIs(t, n.Step(0, f.prePrepare(0, 1, f.batch(1, 2))), RefusedConflict, "it has accepted another batch before")

	n = f.node(t, 1)
	store = &MemoryStorage{}
	require.NoError(t, n.Step(0, p))
	require.NoError(t, n.Step(2, f.vote(KindPrepare, 0, 1, p.Digest, 2)))
	n.startViewChange(3)
	save()
	restart()
	st := n.State()
	require.Equal(t, uint64(3), st.View)
	require.False(t, st.Active)
	require.Len(t, n.viewChanges[1].Prepared, 1, "its VIEW-CHANGE still carries the certificate")
}
