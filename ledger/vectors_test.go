package ledger

import (
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger/internal/trie"
	"github.com/trigrid/trigrid/pbft"
)

// vectors computes everything that other implementations have to agree with, from inputs that are all in this function.
func vectors(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	note := func(name string, b []byte) { out[name] = hex.EncodeToString(b) }
	chain, salt := Hash{1, 2, 3}, [SaltSize]byte{4, 5, 6}
	random := rand.NewChaCha8([32]byte{'v'})

	id := Identity{ID: "grid", Role: RoleGrid, Key: pbft.PublicKey{7}, Seal: SealKey{SuiteX25519(), make([]byte, 32)}, Until: 9}
	note("identity", Encode(&id))
	genesis := Genesis{Name: "vectors", Identities: []Identity{id}}.Hash()
	note("genesis hash", genesis[:])
	weights := &PublishWeights{Weights{Period: 1, Version: 2, Economic: 400_000, Risk: 200_000, Environment: 400_000, Effective: 5, Deadline: 9}}
	operation := Encode(&envelope{weights.Kind(), Encode(weights)})
	note("operation", operation)
	tx := IDOf(chain, &Tx{Client: id.Key, Number: 3, Operation: operation})
	note("transaction id", tx[:])
	header := Header{
		Chain: chain, Height: 1, Parent: genesis, Time: 1_000, Txs: 1, TxRoot: MerkleRoot([][]byte{operation}), ReceiptRoot: MerkleRoot(nil),
		StateRoot: Hash{8}, OutboxRoot: Hash{9}, Sent: 2,
	}
	headerHash := header.Hash()
	note("header", Encode(&header))
	note("header hash", headerHash[:])
	note("refused receipt", Encode(&Receipt{ID: tx, Height: 1, Code: "weights.sum", Reason: "no", Data: []byte{1}}))

	grid, err := NewOpenKey(random, SuiteX25519())
	require.NoError(t, err)
	note("sealing key", grid.Public().Public)
	scheme := Scheme{Columns: []string{"capacity, MW"}, Rows: []Row{{"W1", []Micro{-1}, nil}, {"W2", []Micro{2 * One}, []byte("note")}}}
	m, o, err := SealScheme(random, SchemeHeader{Chain: chain, Period: 1, VPP: "vpp", Version: 1, GridKey: "grid"}, grid.Public(), scheme)
	require.NoError(t, err)
	note("scheme header", Encode(&m.Header))
	note("scheme root", m.Header.Root[:])
	note("scheme commitment", m.Header.Commitment[:])
	ciphertext, totals := m.Body.Hash(), TotalsHash(o)
	note("scheme ciphertext hash", ciphertext[:])
	note("scheme totals", totals[:])
	d := o.Deliver(&m.Header, 1)
	note("delivery", Encode(&d))

	choice, pseudonym := ChoiceCommitment(chain, 1, 2, "W1", "vpp", salt), Pseudonym(chain, 1, "W1", salt)
	note("choice commitment", choice[:])
	note("settlement pseudonym", pseudonym[:])
	k, err := NewPeriodKey(random, chain, 1)
	require.NoError(t, err)
	short, line := k.For("W1", "W2"), k.Salt("W1")
	note("recipient pseudonym", short[:])
	note("settlement salt", line[:])
	note("settlement line", Encode(&SettlementLine{pseudonym, -1250}))

	var state trie.Trie
	for _, key := range []string{"a", "b", "c", "d"} {
		state = state.Put(key, []byte("value of "+key))
	}
	root := state.Root()
	note("state root", root[:])
	proof := proofOf(state.Witness("e"))
	note("state absence proof", Encode(&proof))
	note("packet", Encode(&Packet{"here", "there", "orders", 1, 2, []byte("payload")}))
	return out
}

// TestVectorsAreFrozen compares with testdata/vectors.json. A difference means that chains written before cannot be read
// any more: that takes a new version in the domains of hash.go, not a new file.
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
