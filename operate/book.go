package operate

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// book is the ledger of a season. Each day is one period: weights, sealed
// schemes, choices, payments. For example, day 3 is period 3, on a chain of all
// days. The methods of a nil book do nothing.
type book struct {
	net  *client.Network
	ders []string
}

// openBook starts the ledger with the grid, the VPPs and the DERs. Keys follow
// from the seed, for simulations only.
func openBook(ctx context.Context, name string, vpps, ders []string, seed uint64) (*book, error) {
	var key [32]byte
	copy(key[:], "trigrid simulated season")
	binary.BigEndian.PutUint64(key[24:], seed)
	random := rand.NewChaCha8(key)
	// Names of VPPs and DERs differ from each other and from the grid; the
	// region checks it.
	members := []client.PartyConfig{{ID: trigrid.GridParty, Role: ledger.RoleGrid}}
	for _, v := range vpps {
		members = append(members, client.PartyConfig{ID: v, Role: ledger.RoleVPP})
	}
	for _, d := range ders {
		members = append(members, client.PartyConfig{ID: d, Role: ledger.RoleDER})
	}
	net, err := client.NewNetwork(ctx, client.NetworkConfig{
		Name: name, Members: members, Random: random,
		Engine: func(g ledger.Genesis, contracts []ledger.Contract) (ledger.Engine, error) {
			return engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: contracts, Replicas: trigrid.Replicas, Random: random})
		},
	})
	if err != nil {
		return nil, fmt.Errorf("operate: %w", err)
	}
	return &book{net, ders}, nil
}

func (b *book) close() { _ = b.net.Close() }

// publish opens a period with weights and returns them as the ledger has them,
// in millionths.
func (b *book) publish(ctx context.Context, period int, w weights.Vector) (weights.Vector, error) {
	if b == nil {
		return w, nil
	}
	if err := b.net.PublishWeights(ctx, uint64(period), [3]float64{w.Economic, w.Risk, w.Environment}); err != nil {
		return w, err
	}
	published, err := b.net.Weights(ctx, uint64(period))
	f := published.Fractions()
	return weights.Vector{Economic: f[0], Risk: f[1], Environment: f[2]}, err
}

// propose submits the schemes of the VPPs for a day without a choice: the
// members of the last choice, which the DERs repeat. A row has expected energy,
// payment and payoff of a member.
func (b *book) propose(ctx context.Context, period int, vpps []*vppDay, choices trigrid.Profile, gains map[string]float64) error {
	if b == nil {
		return nil
	}
	// Schemes are sealed until all VPPs have submitted theirs.
	for _, x := range vpps {
		scheme := contracts.Scheme{Columns: []string{"energy fed in, MWh", "payment under the tariff, currency", "payoff, currency"}}
		for i := range x.plan.Members {
			m := &x.plan.Members[i]
			row := contracts.Row{DER: m.DER.Name()}
			for _, value := range []float64{injected(x.plan, m), m.Payment, m.Revenue + gains[m.DER.Name()]} {
				micro, err := ledger.ToMicro(value)
				if err != nil {
					return fmt.Errorf("scheme of %s: %w", x.plan.VPP.Name, err)
				}
				row.Values = append(row.Values, micro)
			}
			scheme.Rows = append(scheme.Rows, row)
		}
		if err := b.net.SubmitScheme(ctx, uint64(period), x.plan.VPP.Name, scheme); err != nil {
			return fmt.Errorf("scheme of %s: %w", x.plan.VPP.Name, err)
		}
	}
	// The grid opens the schemes, and decides by the rules of the contract.
	decisions, err := b.net.Decide(ctx, uint64(period), nil)
	if err != nil {
		return err
	}
	for _, d := range decisions {
		if !d.Accepted {
			return fmt.Errorf("the grid rejected the scheme of %s: %s", d.VPP, d.Reason)
		}
	}
	// Each DER verifies the row that is for it before it joins; one outside
	// every VPP has none to join.
	joined := make(map[string]string)
	for _, d := range b.ders {
		if _, err := b.net.Deliveries(ctx, uint64(period), d); err != nil {
			return fmt.Errorf("the row delivered to %s does not verify: %w", d, err)
		}
		if choices[d] != trigrid.Outside {
			joined[d] = choices[d]
		}
	}
	_, err = b.net.Choose(ctx, uint64(period), joined)
	return err
}

// injected returns the expected energy that a member feeds in, MWh.
func injected(p *vpp.Plan, m *vpp.Member) float64 {
	sum := 0.0
	for s := range m.Schedule.Realised {
		for t, mw := range m.Schedule.Realised[s].Injected {
			sum += p.Setting.Set.Probability(s) * mw * p.Setting.Set.HoursAt(t)
		}
	}
	return sum
}

// settle records the payments of a day. Each party proves its own line against
// the genesis.
func (b *book) settle(ctx context.Context, period int, lines []trigrid.Line) error {
	if b == nil {
		return nil
	}
	var payments []client.Payment
	for _, line := range lines {
		payments = append(payments, client.Payment{Party: line.Party, Amount: ledger.Money(line.Minor)})
	}
	if err := b.net.Settle(ctx, uint64(period), payments); err != nil {
		return err
	}
	// A proof leads from the payment to a block that the replicas signed.
	for _, line := range lines {
		proof, err := b.net.ProvePayment(ctx, uint64(period), line.Party)
		if err == nil {
			err = proof.Verify(b.net.Engine().Trust())
		}
		if err != nil {
			return fmt.Errorf("the payment of %s does not prove: %w", line.Party, err)
		}
	}
	return nil
}

// summary counts blocks and transactions.
func (b *book) summary(ctx context.Context) (*trigrid.LedgerSummary, error) {
	status := b.net.Engine().Status()
	out := &trigrid.LedgerSummary{Engine: status.Kind, Replicas: status.Replicas, Blocks: status.Height}
	for height := uint64(1); height <= status.Height; height++ {
		block, err := b.net.Engine().Block(ctx, height)
		if err != nil {
			return nil, err
		}
		out.Transactions += len(block.Txs)
		head := block.Header.Hash()
		out.Head = hex.EncodeToString(head[:])
	}
	return out, nil
}
