package guides_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/engine"
)

// Report is a message: the total energy that a DER's meter has counted, in Wh.
type Report struct{ Wh uint64 }

// Kind implements [ledger.Message]: the contract's name, a dot and a verb.
func (*Report) Kind() string { return "meter.report" }

// Layout implements [ledger.Coded]. One function encodes and decodes.
func (m *Report) Layout(c *codec.Coder) { c.Uint64(&m.Wh) }

// Meter returns the contract "meter". It stores the last report of each DER and
// refuses a report that is lower.
func Meter() ledger.Contract {
	return ledger.NewContract("meter", ledger.Handle(report, ledger.RoleDER))
}

// MeterKey is the state key of a DER's last report. Keys begin with the
// contract's name.
func MeterKey(der string) string { return ledger.Key("meter", der) }

// report executes one message on every replica. The sender's signature and role
// are checked before.
func report(c *ledger.Context, m *Report) error {
	var last Report
	if c.Load(MeterKey(c.Sender.ID), &last); m.Wh < last.Wh {
		return ledger.Refuse("meter.backwards", "%d Wh after %d Wh", m.Wh, last.Wh)
	}
	c.Store(MeterKey(c.Sender.ID), m)
	return nil
}

// meterChain returns a chain of four replicas with the contract, and clients of
// a DER and of the grid.
func meterChain(ctx context.Context) (chain *engine.Chain, der, grid *client.Client) {
	genesis := ledger.Genesis{Name: "meters"}
	farm, err := client.NewParty(nil, "farm", ledger.RoleDER)
	check(err)
	operator, err := client.NewParty(nil, "grid", ledger.RoleGrid)
	check(err)
	genesis.Identities = []ledger.Identity{farm.Identity(), operator.Identity()}
	chain, err = engine.NewChain(engine.ChainConfig{
		Genesis: genesis, Contracts: []ledger.Contract{Meter()}, Replicas: 4,
	})
	check(err)
	der, err = client.Connect(ctx, chain, farm)
	check(err)
	grid, err = client.Connect(ctx, chain, operator)
	check(err)
	return chain, der, grid
}

// A refused message leaves the state unchanged, and its code names the rule.
func TestMeterRefuses(t *testing.T) {
	chain, der, grid := meterChain(t.Context())
	defer chain.Close()
	for _, c := range []struct {
		sender *client.Client
		wh     uint64
		code   string
	}{
		{der, 1500, ""},
		{der, 1400, "meter.backwards"},
		{grid, 1600, "meter.role"},
	} {
		_, err := c.sender.Send(t.Context(), &Report{Wh: c.wh})
		code := ""
		if refused := (*ledger.Refusal)(nil); errors.As(err, &refused) {
			code = refused.Code
		}
		if code != c.code {
			t.Errorf("%d Wh: code %q, want %q (%v)", c.wh, code, c.code, err)
		}
	}
}

// The grid reads the report with a proof against the genesis of the chain.
func ExampleMeter() {
	ctx := context.Background()
	chain, der, grid := meterChain(ctx)
	defer chain.Close()
	receipt, err := der.Send(ctx, &Report{Wh: 1500})
	check(err)
	var last Report
	present, err := grid.Load(ctx, MeterKey("farm"), &last)
	fmt.Println("block", receipt.Height, present, last.Wh, "Wh", err)
	// Output: block 1 true 1500 Wh <nil>
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
