// Package testnet is a small network of the three-level loop for the tests of
// package ledger and below: one grid, one regulator, two VPPs and four DERs.
package testnet

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/engine"
)

// Members returns the participants of the network.
func Members() []client.PartyConfig {
	return []client.PartyConfig{
		{ID: "grid", Role: ledger.RoleGrid},
		{ID: "regulator", Role: ledger.RoleRegulator},
		{ID: "vpp-1", Role: ledger.RoleVPP},
		{ID: "vpp-2", Role: ledger.RoleVPP},
		{ID: "W1", Role: ledger.RoleDER},
		{ID: "W2", Role: ledger.RoleDER},
		{ID: "T1", Role: ledger.RoleDER},
		{ID: "B1", Role: ledger.RoleDER},
	}
}

// Start starts the network on a chain. Equal seeds give equal chains. The test
// closes it.
//
// For example, four replicas tolerate one that fails.
func Start(t *testing.T, seed byte, replicas int) *client.Network {
	t.Helper()
	return StartWindows(t, seed, replicas, client.Windows{})
}

// ShortSchemes is a phase for schemes of 4 heights, so that a round can be
// opened without a scheme of every VPP.
func ShortSchemes() client.Windows { return client.Windows{Schemes: 4, SchemeTime: -1} }

// StartWindows is [Start] with other lengths of the phases.
func StartWindows(t *testing.T, seed byte, replicas int, windows client.Windows) *client.Network {
	t.Helper()
	// One source gives the keys of all parties and replicas.
	random := rand.NewChaCha8([32]byte{seed})
	n, err := client.NewNetwork(t.Context(), client.NetworkConfig{
		Members: Members(), Random: random, Windows: windows,
		Engine: func(g ledger.Genesis, loop []ledger.Contract) (ledger.Engine, error) {
			return engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: loop, Random: random, Replicas: replicas})
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.Close()) })
	return n
}

// Sender sends messages of any member and checks refusals by their code.
type Sender struct {
	T *testing.T
	N *client.Network
}

// Send sends m in the name of a member and waits for the receipt.
//
// A refusal of a contract is an error, see Refused.
func (s Sender) Send(party string, m ledger.Message) error {
	s.T.Helper()
	c, err := s.N.Client(party)
	require.NoError(s.T, err)
	_, err = c.Send(s.T.Context(), m)
	return err
}

// Refused requires err to be the refusal with the code.
func (s Sender) Refused(code string, err error) {
	s.T.Helper()
	require.True(s.T, errors.Is(err, &ledger.Refusal{Code: code}), "want a refusal %s, got %v", code, err)
}

// Scheme returns a scheme with a capacity of 1 MW for each DER.
//
// Values of schemes are in millionths; ledger.One is 1.
func Scheme(ders ...string) contracts.Scheme {
	s := contracts.Scheme{Columns: []string{"capacity, MW"}}
	for _, d := range ders {
		s.Rows = append(s.Rows, contracts.Row{DER: d, Values: []ledger.Micro{ledger.One}})
	}
	return s
}
