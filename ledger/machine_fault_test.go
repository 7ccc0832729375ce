package ledger_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/ledger/internal/testnet"
)

// broken is a contract with mistakes.
type broken struct{}

func (broken) Name() string { return "broken" }

func (broken) Execute(c *ledger.Context, verb string, _ []byte) ([]byte, error) {
	switch verb {
	case "write": // is dropped with the refusal
		c.Put("broken/x", []byte{1})
		var none []int
		_ = none[c.Height]
	case "foreign":
		c.Put("identity/grid", nil)
	case "address": // differs between replicas and must not reach a receipt
		panic(fmt.Sprintf("%p", new(int)))
	case "nil":
		var none *ledger.Identity
		_ = none.ID
	case "typed": // an error that is not nil and whose methods panic
		var none *ledger.Refusal
		return nil, none
	case "text":
		return nil, broken{}
	}
	return nil, nil
}

// Error panics, as the method of an error that holds no data can.
func (broken) Error() string { panic("no text") }

// A panic of a contract is a refused transaction on every replica. Before, it
// stopped each replica, and again after each restart, because the transaction
// stays in the order.
func TestFaultPanicOfAContractIsARefusal(t *testing.T) {
	grid, err := client.NewParty(nil, "grid", ledger.RoleGrid)
	require.NoError(t, err)
	chain, err := engine.NewChain(engine.ChainConfig{
		Genesis: ledger.Genesis{Name: "x", Identities: []ledger.Identity{grid.Identity()}}, Contracts: []ledger.Contract{broken{}}, Replicas: 4,
	})
	require.NoError(t, err)
	defer chain.Close()
	c, err := client.Connect(t.Context(), chain, grid)
	require.NoError(t, err)
	for _, verb := range []string{"write", "foreign", "address", "nil", "typed", "text"} {
		_, err = c.Send(t.Context(), &ledger.RawMessage{Name: "broken." + verb})
		require.ErrorIs(t, err, &ledger.Refusal{Code: "broken.panic"}, verb)
	}
	_, err = c.Send(t.Context(), &ledger.RawMessage{Name: "broken.fine"})
	require.NoError(t, err, "the chain goes on, and its four replicas agree on the state")
	v, err := c.Read(t.Context(), client.Certified, "broken/x")
	require.NoError(t, err)
	require.False(t, v.Present)
}

// A machine keeps the value and the stack of the last panics for its operator.
func TestFaultPanicsAreKept(t *testing.T) {
	grid, err := client.NewParty(nil, "grid", ledger.RoleGrid)
	require.NoError(t, err)
	m, err := ledger.NewMachine(ledger.Hash{1}, ledger.Genesis{Name: "x", Identities: []ledger.Identity{grid.Identity()}}, broken{})
	require.NoError(t, err)
	for i := range uint64(20) {
		out, err := m.Apply(ledger.Block{Txs: []ledger.Tx{grid.Sign(ledger.Hash{1}, i+1, &ledger.RawMessage{Name: "broken.nil"})}})
		require.NoError(t, err)
		require.Equal(t, "broken.panic", out.Receipts[0].Code)
	}
	all := m.Panics()
	require.Len(t, all, 16)
	require.Equal(t, "broken.nil", all[0].Kind)
	require.EqualValues(t, 5, all[0].Height)
	require.Contains(t, all[0].Value, "nil pointer")
	require.Contains(t, all[0].Stack, "machine_fault_test.go")
}

// A key that a party has seen, and that is not registered yet, stays free for
// its owner.
func TestAttackRotationToAForeignKey(t *testing.T) {
	n := testnet.Start(t, 1, 1)
	s := testnet.Sender{T: t, N: n}
	victim, err := client.NewParty(nil, "victim", ledger.RoleVPP)
	require.NoError(t, err)
	thief, err := client.NewParty(nil, "vpp-1", ledger.RoleVPP)
	require.NoError(t, err)
	chain, seen := n.Engine().Chain(), victim.Identity()
	for _, m := range []*ledger.RotateKeys{
		{Key: seen.Key, Seal: seen.Seal},
		{Key: seen.Key, Seal: seen.Seal, Proof: thief.ProveRotation(chain, 1)},
		{Key: seen.Key, Seal: seen.Seal, Proof: victim.ProveRotation(chain, 1)}, // for the name "victim"
	} {
		s.Refused("identity.proof", s.Send("vpp-1", m))
	}
	own := thief.Identity()
	for _, proof := range []ledger.RotateKeys{
		{Proof: thief.ProveRotation(chain, 2)},          // another serial number
		{Proof: thief.ProveRotation(ledger.Hash{1}, 1)}, // another chain
	} {
		proof.Key, proof.Seal = own.Key, own.Seal
		s.Refused("identity.proof", s.Send("vpp-1", &proof))
	}
	require.NoError(t, s.Send("vpp-1", &ledger.RotateKeys{Key: own.Key, Seal: own.Seal, Proof: thief.ProveRotation(chain, 1)}))
	require.NoError(t, s.Send("grid", &ledger.RegisterIdentity{Identity: seen}))
}

// Linearizable reads leave no copies of the value in the state. Replicas keep
// the last 128 results of each client in every checkpoint.
func TestAttackReadsDoNotGrowTheState(t *testing.T) {
	// size returns the bytes of an export, with the replica's checkpoint, after
	// reads of one key.
	size := func(key string) int {
		n := testnet.Start(t, 1, 1)
		c, err := n.Client("W1")
		require.NoError(t, err)
		for range 200 {
			_, err := c.Read(t.Context(), client.Linearizable, key)
			require.NoError(t, err)
		}
		var b bytes.Buffer
		require.NoError(t, n.Export(t.Context(), &b))
		return b.Len()
	}
	require.Equal(t, size("identity/none"), size("identity/grid"), "keys of equal length, one with a value")
}

// A role of more than 2^20 identities is no limit any more; each has keys of
// its own. The test registers few, and checks that no value grows with them.
func TestFaultRosterHasNoGrowingValue(t *testing.T) {
	var ids []ledger.Identity
	for i := range 300 {
		role := ledger.RoleDER
		if i == 0 {
			role = ledger.RoleGrid
		}
		p, err := client.NewParty(nil, fmt.Sprintf("d%03d", i), role)
		require.NoError(t, err)
		ids = append(ids, p.Identity())
	}
	longest := func(n int) (out int) {
		m, err := ledger.NewMachine(ledger.Hash{1}, ledger.Genesis{Name: "x", Identities: ids[:n]})
		require.NoError(t, err)
		for _, key := range []string{"identity-roster/der", "identity-roster/der/0000000000000000", "identity-place/d001", "identity/d001"} {
			v, err := m.Read(key, 0)
			require.NoError(t, err)
			require.True(t, v.Present, key)
			out = max(out, len(v.Value))
		}
		return out
	}
	require.Equal(t, longest(10), longest(300))
	_, err := ledger.NewMachine(ledger.Hash{1}, ledger.Genesis{Name: "x", Identities: append(ids, ids[7])})
	require.True(t, errors.Is(err, &ledger.Refusal{Code: "identity.taken"}) || strings.Contains(fmt.Sprint(err), "registered already"), err)
}
