package trigrid

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/vpp"
)

// submitSchemes has each VPP submit its proposed coalition as a sealed scheme, and the grid verify
// and deliver them. A scheme has one row per member: expected energy, tariff payment and payoff. A
// VPP that wants no DER, or that cannot run, submits a scheme without rows.
func submitSchemes(ctx context.Context, book *record, g *choice) error {
	for v, proposal := range g.proposed {
		s := proposal.s
		if s == 0 || proposal.never != "" {
			if err := book.scheme(ctx, g.region.VPPs[v].Name, nil); err != nil {
				return err
			}
			continue
		}
		divided, err := g.divide(ctx, v, s)
		if err != nil {
			return err
		}
		plan, err := g.planner.vpps[v].Plan(ctx, s)
		if err != nil {
			return err
		}
		var rows []schemeRow
		for _, i := range s.Members() {
			for j := range plan.Members {
				if m := &plan.Members[j]; m.DER.Name() == g.PlayerName(i) {
					rows = append(rows, schemeRow{g.PlayerName(i), expectedInjection(plan, m), m.Payment, divided.payoffs[i]})
				}
			}
		}
		if err := book.scheme(ctx, g.region.VPPs[v].Name, rows); err != nil {
			return err
		}
	}
	return book.decide(ctx)
}

// expectedInjection returns the energy that a member feeds in, Σ_s π_s Σ_t P_st Δ, MWh.
func expectedInjection(p *vpp.Plan, m *vpp.Member) float64 {
	sum := 0.0
	for s := range m.Schedule.Realised {
		for t, mw := range m.Schedule.Realised[s].Injected {
			sum += p.Setting.Set.Probability(s) * mw * p.Setting.Set.HoursAt(t)
		}
	}
	return sum
}

// record is the ledger of one run. Its methods send the messages between the levels as
// transactions, each one ordered and executed by the engine before the method returns.
type record struct {
	net    *client.Network
	period uint64 // of the run
	region Region
	shared bool // the caller closes net
}

// openLedger returns the ledger of a run: the network of the options, or a new one, on which it
// registers the grid, the VPPs and the DERs with their keys.
func openLedger(ctx context.Context, r Region, o Options) (*record, error) {
	if o.Network != nil {
		return &record{o.Network, o.period(), r, true}, nil
	}
	members := []client.PartyConfig{{ID: GridParty, Role: ledger.RoleGrid}}
	for _, p := range r.VPPs {
		members = append(members, client.PartyConfig{ID: p.Name, Role: ledger.RoleVPP})
	}
	for _, d := range r.DERs {
		members = append(members, client.PartyConfig{ID: d.Name(), Role: ledger.RoleDER})
	}
	random := o.Random
	if random == nil {
		random = seeded(o.Seed)
	}
	start := o.Ledger
	if start == nil {
		start = func(g ledger.Genesis, contracts []ledger.Contract) (ledger.Engine, error) {
			return engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: contracts, Replicas: Replicas, Random: random})
		}
	}
	net, err := client.NewNetwork(ctx, client.NetworkConfig{Name: r.Name, Members: members, Random: random, Engine: start})
	if err != nil {
		return nil, err
	}
	return &record{net, o.period(), r, false}, nil
}

// close stops the engine, unless the network is the caller's.
func (l *record) close() {
	if !l.shared {
		_ = l.net.Close()
	}
}

// seeded returns the randomness of a simulated ledger. Equal seeds give equal keys, which protect
// nothing outside a simulation.
func seeded(seed uint64) io.Reader {
	var key [32]byte
	copy(key[:], "trigrid simulated ledger")
	binary.BigEndian.PutUint64(key[24:], seed)
	return rand.NewChaCha8(key)
}

// weights publishes the grid's weights and returns the region with the weights read back from the
// ledger, which has them in millionths.
func (l *record) weights(ctx context.Context) (Region, error) {
	r := l.region
	w := r.Setting.Weights
	if err := l.net.PublishWeights(ctx, l.period, [3]float64{w.Economic, w.Risk, w.Environment}); err != nil {
		return r, err
	}
	published, err := l.net.Weights(ctx, l.period)
	if err != nil {
		return r, err
	}
	f := published.Fractions()
	r.Setting.Weights.Economic, r.Setting.Weights.Risk, r.Setting.Weights.Environment = f[0], f[1], f[2]
	return r, nil
}

// schemeRow is one member's part of a scheme.
type schemeRow struct {
	der                        string
	injection, payment, payoff float64 // MWh, currency, currency, expected
}

// scheme submits the scheme of a VPP, sealed for the grid. The ledger stores millionths.
func (l *record) scheme(ctx context.Context, vpp string, rows []schemeRow) error {
	scheme := contracts.Scheme{Columns: []string{"energy fed in, MWh", "payment under the tariff, currency", "payoff, currency"}}
	for _, r := range rows {
		row := contracts.Row{DER: r.der}
		for _, value := range []float64{r.injection, r.payment, r.payoff} {
			micro, err := ledger.ToMicro(value)
			if err != nil {
				return fmt.Errorf("scheme of %s: %w", vpp, err)
			}
			row.Values = append(row.Values, micro)
		}
		scheme.Rows = append(scheme.Rows, row)
	}
	if err := l.net.SubmitScheme(ctx, l.period, vpp, scheme); err != nil {
		return fmt.Errorf("scheme of %s: %w", vpp, err)
	}
	return nil
}

// decide has the grid open and verify all schemes, and each DER verify its own delivered row.
func (l *record) decide(ctx context.Context) error {
	decisions, err := l.net.Decide(ctx, l.period, nil)
	if err != nil {
		return err
	}
	for _, d := range decisions {
		if !d.Accepted {
			return fmt.Errorf("the grid rejected the scheme of %s: %s", d.VPP, d.Reason)
		}
	}
	for _, d := range l.region.DERs {
		if _, err := l.net.Deliveries(ctx, l.period, d.Name()); err != nil {
			return fmt.Errorf("the row delivered to %s does not verify: %w", d.Name(), err)
		}
	}
	return nil
}

// choices has each DER commit to its choice and reveal it. A DER outside takes no part.
func (l *record) choices(ctx context.Context, ders []DERResult) error {
	choices := make(map[string]string)
	for _, u := range ders {
		if u.Choice != Outside {
			choices[u.Name] = u.Choice
		}
	}
	_, err := l.net.Choose(ctx, l.period, choices)
	return err
}

// settle records the payments. Each party then proves its own line against the genesis of the
// chain.
func (l *record) settle(ctx context.Context, lines []Line) error {
	var payments []client.Payment
	for _, line := range lines {
		payments = append(payments, client.Payment{Party: line.Party, Amount: ledger.Money(line.Minor)})
	}
	if err := l.net.Settle(ctx, l.period, payments); err != nil {
		return err
	}
	for _, line := range lines {
		proof, err := l.net.ProvePayment(ctx, l.period, line.Party)
		if err == nil {
			err = proof.Verify(l.net.Engine().Trust())
		}
		if err != nil {
			return fmt.Errorf("the payment of %s does not prove: %w", line.Party, err)
		}
	}
	return nil
}

// summary counts blocks and transactions.
func (l *record) summary(ctx context.Context) (*LedgerSummary, error) {
	status := l.net.Engine().Status()
	out := &LedgerSummary{Engine: status.Kind, Replicas: status.Replicas, Blocks: status.Height}
	for height := uint64(1); height <= status.Height; height++ {
		block, err := l.net.Engine().Block(ctx, height)
		if err != nil {
			return nil, err
		}
		out.Transactions += len(block.Txs)
		head := block.Header.Hash()
		out.Head = hex.EncodeToString(head[:])
	}
	return out, nil
}
