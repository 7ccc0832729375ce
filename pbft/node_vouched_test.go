package pbft

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// counting is a verifier that counts its answers about requests of the test's
// client.
type counting struct {
	Verifier
	requests int
}

func (c *counting) Verify(s Signed) bool { return c.VerifyAll([]Signed{s})[0] }

func (c *counting) VerifyAll(s []Signed) []bool {
	for i := range s {
		if s[i].Key == clientSigner().Public() {
			c.requests++
		}
	}
	return c.Verifier.VerifyAll(s)
}

// A node verifies no request that its caller has verified, and each other one.
// The word of the caller holds for one message only.
func TestVouchedRequestsAreNotVerified(t *testing.T) {
	f := newFixture(t, 4)
	v := &counting{Verifier: StandardRule.Verifier()}
	n, err := NewNode(Config{ID: 2, Genesis: f.genesis, Signer: f.signers[2], Application: empty{}, Verifier: v})
	require.NoError(t, err)
	require.NoError(t, n.StepVerified(0, f.prePrepare(0, 1, f.batch(1, 2))))
	require.NoError(t, n.ProposeVerified(f.request(3, "op")))
	require.NoError(t, n.StepVerified(1, &Forward{Requests: []Request{f.request(4, "op")}}))
	require.Zero(t, v.requests)
	require.NoError(t, n.Step(0, f.prePrepare(0, 2, f.batch(4, 5))))
	require.Equal(t, 1, v.requests, "number 4 is in the pool")
	require.NoError(t, n.Propose(f.request(6, "op")))
	require.NoError(t, n.Step(1, &Forward{Requests: []Request{f.request(7, "op")}}))
	require.Equal(t, 3, v.requests)
	// The proposer's own signature counts in any case.
	bad := f.prePrepare(0, 3, f.batch(8))
	bad.Signature[4] ^= 1
	require.ErrorIs(t, n.StepVerified(0, bad), RefusedSignature)
}

// Messages that are kept for a later view keep the word of their caller, and it
// does not pass to the others.
func TestKeptMessagesStayVouched(t *testing.T) {
	f := newFixture(t, 4)
	for name, vouched := range map[string]bool{"vouched": true, "not vouched": false} {
		t.Run(name, func(t *testing.T) {
			n := f.node(t, 2)
			b := f.batch(1)
			b.Requests[0].Signature[3] ^= 1 // the node would notice
			p := f.prePrepare(1, 1, b)
			step := n.Step
			if vouched {
				step = n.StepVerified
			}
			require.ErrorIs(t, step(1, p), RefusedEarly)
			asked := make([]*ViewChange, 3)
			for i := range asked {
				asked[i] = f.viewChange(ReplicaID(i), 1, ExecutionCertificate{Header: n.last})
			}
			n.leaveView(1)
			require.NoError(t, n.StepVerified(1, f.newView(1, asked...)))
			require.True(t, n.viewRunning())
			require.Equal(t, vouched, n.slots[1] != nil && n.slots[1].accepted != nil)
			require.False(t, n.vouched)
		})
	}
}
