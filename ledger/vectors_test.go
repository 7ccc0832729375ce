package ledger_test

import (
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/internal/trie"
	"github.com/trigrid/trigrid/pbft"
)

// vectors computes everything that other implementations have to agree with,
// from inputs that are all in this function.
func vectors(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	note := func(name string, b []byte) { out[name] = hex.EncodeToString(b) }
	chain, salt := ledger.Hash{1, 2, 3}, [contracts.SaltSize]byte{4, 5, 6}
	random := rand.NewChaCha8([32]byte{'v'})

	id := ledger.Identity{ID: "grid", Role: ledger.RoleGrid, Key: pbft.PublicKey{7}, Seal: ledger.SealKey{Suite: ledger.SuiteX25519(), Public: make([]byte, 32)}, Until: 9}
	note("identity", ledger.Encode(&id))
	genesis := ledger.Genesis{Name: "vectors", Identities: []ledger.Identity{id}}.Hash()
	note("genesis hash", genesis[:])
	weights := &contracts.PublishWeights{Weights: contracts.Weights{Period: 1, Version: 2, Economic: 400_000, Risk: 200_000, Environment: 400_000, Effective: 5, Deadline: 9}}
	operation := ledger.NewTx(chain, pbft.NewSigner([32]byte{}), 3, weights).Operation
	note("operation", operation)
	tx := ledger.IDOf(chain, &ledger.Tx{Client: id.Key, Number: 3, Operation: operation})
	note("transaction id", tx[:])
	header := ledger.Header{
		Chain: chain, Height: 1, Parent: genesis, Time: 1_000, Txs: 1, TxRoot: ledger.MerkleRoot([][]byte{operation}), ReceiptRoot: ledger.MerkleRoot(nil),
		StateRoot: ledger.Hash{8}, OutboxRoot: ledger.Hash{9}, Sent: 2,
	}
	headerHash := header.Hash()
	note("header", ledger.Encode(&header))
	note("header hash", headerHash[:])
	note("refused receipt", ledger.Encode(&ledger.Receipt{ID: tx, Height: 1, Code: "weights.sum", Reason: "no", Data: []byte{1}}))

	grid, err := ledger.NewOpenKey(random, ledger.SuiteX25519())
	require.NoError(t, err)
	note("sealing key", grid.Public().Public)
	scheme := contracts.Scheme{Columns: []string{"capacity, MW"}, Rows: []contracts.Row{{DER: "W1", Values: []ledger.Micro{-1}}, {DER: "W2", Values: []ledger.Micro{2 * ledger.One}, Note: []byte("note")}}}
	m, o, err := contracts.SealScheme(random, contracts.SchemeHeader{Chain: chain, Period: 1, VPP: "vpp", Version: 1, GridKey: "grid"}, grid.Public(), scheme)
	require.NoError(t, err)
	note("scheme header", ledger.Encode(&m.Header))
	note("scheme root", m.Header.Root[:])
	note("scheme commitment", m.Header.Commitment[:])
	ciphertext, totals := m.Body.Hash(), contracts.TotalsHash(o)
	note("scheme ciphertext hash", ciphertext[:])
	note("scheme totals", totals[:])
	d := o.Deliver(&m.Header, 1)
	note("delivery", ledger.Encode(&d))

	choice, pseudonym := contracts.ChoiceCommitment(chain, 1, 2, "W1", "vpp", salt), contracts.Pseudonym(chain, 1, "W1", salt)
	note("choice commitment", choice[:])
	note("settlement pseudonym", pseudonym[:])
	k, err := contracts.NewPeriodKey(random, chain, 1)
	require.NoError(t, err)
	short, line := k.For("W1", "W2"), k.Salt("W1")
	note("recipient pseudonym", short[:])
	note("settlement salt", line[:])
	note("settlement line", ledger.Encode(&contracts.SettlementLine{Pseudonym: pseudonym, Amount: -1250}))

	var state trie.Trie
	for _, key := range []string{"a", "b", "c", "d"} {
		state = state.Put(key, []byte("value of "+key))
	}
	root := state.Root()
	note("state root", root[:])
	witness := state.Witness("e")
	proof := ledger.StateProof{Path: witness.Path, Value: witness.Value}
	for _, h := range witness.Siblings {
		proof.Siblings = append(proof.Siblings, h)
	}
	note("state absence proof", ledger.Encode(&proof))
	note("packet", ledger.Encode(&ledger.Packet{Source: "here", Destination: "there", Channel: "orders", Number: 1, Timeout: 2, Payload: []byte("payload")}))
	return out
}

// TestVectorsAreFrozen compares with testdata/vectors.json. A difference means
// that chains written before cannot be read any more: that takes a new version
// in the domains of hash.go, not a new file.
func TestVectorsAreFrozen(t *testing.T) {
	b, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	var want map[string]string
	require.NoError(t, json.Unmarshal(b, &want))
	got := vectors(t)
	for name := range got {
		require.Equal(t, want[name], got[name], name)
	}
	require.Len(t, want, len(got))
}
