package replica

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/pbft"
)

// last keeps the operations that it has executed, and answers each with "ok".
type last struct{ operations []string }

func (a *last) Apply(b pbft.OrderedRequests) pbft.Outcome {
	out := pbft.Outcome{Root: pbft.Digest{1}}
	for i := range b.Requests {
		a.operations = append(a.operations, string(b.Requests[i].Operation))
		out.Results = append(out.Results, []byte("ok"))
	}
	return out
}
func (*last) Root() pbft.Digest    { return pbft.Digest{1} }
func (*last) Snapshot() []byte     { return nil }
func (*last) Restore([]byte) error { return nil }

// A client that was restarted with an old counter sends an operation under a
// used number. Before, it received the "ok" of the first operation, and its own
// never ran.
func TestFaultReplyOfAnotherOperationIsAnError(t *testing.T) {
	apps := map[pbft.ReplicaID]*last{}
	cl, err := StartCluster(ClusterConfig{Application: func(id pbft.ReplicaID) pbft.Application { apps[id] = &last{}; return apps[id] }})
	require.NoError(t, err)
	defer cl.Close()
	signer := pbft.NewSigner([32]byte{'x'})
	call := func(operation string) ([]byte, error) {
		c, err := cl.Client(signer) // counts from 1
		require.NoError(t, err)
		defer c.Close()
		return c.Call(t.Context(), []byte(operation))
	}
	r, err := call("pay A")
	require.NoError(t, err)
	require.Equal(t, "ok", string(r))
	_, err = call("pay B")
	require.ErrorIs(t, err, pbft.ErrNumberUsed)
	require.ErrorContains(t, err, "NextNumber")
	r, err = call("pay A")
	require.NoError(t, err, "the same request again has its result")
	require.Equal(t, "ok", string(r))
	require.NoError(t, cl.Drivers[0].Inspect(func(*pbft.Node) { require.Equal(t, []string{"pay A"}, apps[0].operations) }))
}

// Two clients with one key and one number at the same time: one operation runs,
// and only its caller is told of success.
func TestFaultOneNumberForTwoOperationsAtATime(t *testing.T) {
	cl, err := StartCluster(ClusterConfig{Application: func(pbft.ReplicaID) pbft.Application { return &last{} }})
	require.NoError(t, err)
	defer cl.Close()
	for k := range byte(8) {
		signer := pbft.NewSigner([32]byte{'y', k})
		errs := make(chan error, 2)
		for _, operation := range []string{"pay A", "pay B"} {
			c, err := cl.Client(signer)
			require.NoError(t, err)
			defer c.Close()
			go func() {
				_, err := c.Call(t.Context(), []byte(operation))
				errs <- err
			}()
		}
		a, b := <-errs, <-errs
		if a == nil {
			a, b = b, a
		}
		require.NoError(t, b, "one of the two")
		require.ErrorIs(t, a, pbft.ErrNumberUsed)
	}
}
