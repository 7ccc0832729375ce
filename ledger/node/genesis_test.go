//go:build !js

package node_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger/node"
)

// All violations of a genesis are reported at once, each with its subject.
func TestGenesisReportsAllViolations(t *testing.T) {
	_, err := node.ReadGenesis(strings.NewReader(`{
		"name": "feeder-7",
		"replicas": [
			{"id": 0, "name": "alpha", "key": "00ff", "address": "10.0.0.1:7000"},
			{"id": 1, "name": "alpha", "key": "aa", "address": "10.0.0.1"},
			{"id": 2, "name": "gamma", "key": "aa", "address": "10.0.0.1:7000"}
		],
		"participants": [{"name": "grid", "role": "king", "key": "", "seal": ""}],
		"protocol": {"rule": "lax"}
	}`))
	for _, part := range []string{
		`replica "alpha": key has 2 bytes, want 32`, `replica 1 has the name "alpha", want a name that no other replica has`,
		`address "10.0.0.1", want host and port`, "another replica has the address 10.0.0.1:7000",
		`participant "grid": role "king", want grid, vpp, der or regulator`, `rule "lax", want standard or batch`,
	} {
		require.ErrorContains(t, err, part)
	}
}

func TestFilesRefuseUnknownKeysAndFurtherText(t *testing.T) {
	for text, part := range map[string]string{
		`{"name": "a", "replica": []}`: `unknown field "replica"`,
		"{\"name\": \"a\",\n\"b\": 1}": "line 2",
		`{"name": "a"} {}`:             "text after the value",
		`{"name": 3}`:                  "cannot unmarshal number",
		``:                             "EOF",
	} {
		_, err := node.ReadGenesis(strings.NewReader(text))
		require.ErrorContains(t, err, part, text)
	}
	_, err := node.ReadReplicaKey(strings.NewReader(`{"name": "a/b", "address": "x", "secret": "00"}`))
	for _, part := range []string{"replica", "want host and port", "secret has 1 bytes, want 32"} {
		require.ErrorContains(t, err, part)
	}
	_, err = node.ReadPartyKey(strings.NewReader(`{"name": "w1", "role": "der", "secret": "zz"}`))
	require.ErrorContains(t, err, "is not hexadecimal")
	_, err = node.ReadApplication(strings.NewReader(`{"id": 4, "name": "e", "key": "00", "address": "x", "serial": 0, "proof": ""}`))
	for _, part := range []string{"key has 1 bytes", "proof has 0 bytes", "serial is 0", "want host and port"} {
		require.ErrorContains(t, err, part)
	}
}

// The files of keys and of the genesis are read as they were written, and the
// same secret gives the same participant.
func TestFilesAreReadAsWritten(t *testing.T) {
	c := found(t, 4, [2]string{"grid", "grid"})
	var b bytes.Buffer
	require.NoError(t, node.WriteJSON(&b, c.genesis))
	g, err := node.ReadGenesis(&b)
	require.NoError(t, err)
	require.Equal(t, c.genesis, g)
	chain, err := c.genesis.Chain()
	require.NoError(t, err)
	moved := g
	moved.Replicas = append([]node.ReplicaCard(nil), g.Replicas...)
	moved.Replicas[0].Address = "10.9.9.9:1"
	same, err := moved.Chain()
	require.NoError(t, err)
	require.Equal(t, chain, same, "an address is not part of the chain's id")
	g.Protocol.Checkpoint = 64
	other, err := g.Chain()
	require.NoError(t, err)
	require.NotEqual(t, chain, other)

	k := c.parties["grid"]
	b.Reset()
	require.NoError(t, node.WriteJSON(&b, k))
	again, err := node.ReadPartyKey(&b)
	require.NoError(t, err)
	first, err := k.Party()
	require.NoError(t, err)
	second, err := again.Party()
	require.NoError(t, err)
	require.Equal(t, first.Identity(), second.Identity())
	require.Equal(t, first.Identity().Key, again.Signer().Public())
}

// A node with a key that the genesis does not have is refused, and so is a
// joining one with the number of another replica.
func TestStartNeedsAPlace(t *testing.T) {
	c := found(t, 4)
	stranger, err := node.NewReplicaKey("stranger", "127.0.0.1:1")
	require.NoError(t, err)
	_, err = node.Start(node.Config{Genesis: c.genesis, Signer: stranger.Signer()})
	require.ErrorContains(t, err, "the genesis has no replica with the key")
	card := stranger.Card()
	card.ID = 2
	_, err = node.Start(node.Config{Genesis: c.genesis, Signer: stranger.Signer(), Join: &card})
	require.ErrorContains(t, err, "Join has the id 2 of a replica of the genesis")
	_, err = node.Start(node.Config{})
	require.ErrorContains(t, err, "Signer is nil")
}
