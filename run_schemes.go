package trigrid

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"math/rand/v2"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/vpp"
)

// submitSchemes has each VPP submit its proposed coalition as a sealed scheme,
// and the grid verify and deliver them. A scheme has one row per member:
// expected energy, tariff payment and payoff. A VPP that wants no DER, or that
// cannot run, submits a scheme without rows.
//
// For example, a coalition of a wind farm and a battery gives two rows.
func submitSchemes(ctx context.Context, book *record, g *choice) error {
	for v, proposal := range g.proposed {
		s := proposal.s
		// s is empty if the VPP prefers no DER, and never is set if it cannot
		// run.
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
		// A plan has its members by name, and a scheme has its rows in the
		// order of the region.
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

// expectedInjection returns the energy that a member feeds in, Σ_s π_s Σ_t P_st
// Δ, MWh.
//
// For example, 4 MW for 15 minutes in a scenario of probability 0.5 are 0.5
// MWh.
func expectedInjection(p *vpp.Plan, m *vpp.Member) float64 {
	sum := 0.0
	for s := range m.Schedule.Realised {
		for t, mw := range m.Schedule.Realised[s].Injected {
			sum += p.Setting.Set.Probability(s) * mw * p.Setting.Set.HoursAt(t)
		}
	}
	return sum
}

// record is the ledger of one run. Its methods send the messages between the
// levels as transactions, each one ordered and executed by the engine before
// the method returns.
type record struct {
	net    *client.Network
	period uint64 // of the run
	region Region
	shared bool // the caller closes net
}

// openLedger returns the ledger of a run: the network of the options, or a new
// one, on which it registers the grid, the VPPs and the DERs with their keys.
//
// Without Options.Ledger, the ledger is a chain of [Replicas] replicas in this
// process. Without Options.Random, all keys follow from the seed.
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

// seeded returns the randomness of a simulated ledger. Equal seeds give equal
// keys, which protect nothing outside a simulation.
func seeded(seed uint64) io.Reader {
	var key [32]byte
	copy(key[:], "trigrid simulated ledger")
	binary.BigEndian.PutUint64(key[24:], seed)
	return rand.NewChaCha8(key)
}

// weights publishes the grid's weights and returns the region with the weights
// read back from the ledger, which has them in millionths.
//
// For example, a weight of 1/3 is published as 0.333333, and VPPs plan with
// that number.
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

// largestMicro is a bound of [ledger.Micro], in units.
const largestMicro = 9e12

// scheme submits the scheme of a VPP, sealed for the grid. The ledger stores
// millionths. A column with an amount beyond their range is stored in a larger
// unit, which its heading states: amounts of a currency in which a MWh costs
// 1e11 as "payoff, currency × 1e+06".
func (l *record) scheme(ctx context.Context, vpp string, rows []schemeRow) error {
	scheme := contracts.Scheme{Rows: make([]contracts.Row, len(rows))}
	for i, r := range rows {
		scheme.Rows[i].DER = r.der
	}
	for _, column := range []struct {
		heading string
		value   func(schemeRow) float64
	}{
		{"energy fed in, MWh", func(r schemeRow) float64 { return r.injection }},
		{"payment under the tariff, currency", func(r schemeRow) float64 { return r.payment }},
		{"payoff, currency", func(r schemeRow) float64 { return r.payoff }},
	} {
		unit, heading := 1.0, column.heading
		for _, r := range rows {
			for size := math.Abs(column.value(r)); size/unit >= largestMicro && !math.IsInf(size, 1); {
				unit *= 1e6
				heading = fmt.Sprintf("%s × %.0e", column.heading, unit)
			}
		}
		scheme.Columns = append(scheme.Columns, heading)
		for i, r := range rows {
			micro, err := ledger.ToMicro(column.value(r) / unit)
			if err != nil {
				return fmt.Errorf("scheme of %s: %s of %s: %w", vpp, heading, r.der, err)
			}
			scheme.Rows[i].Values = append(scheme.Rows[i].Values, micro)
		}
	}
	if err := l.net.SubmitScheme(ctx, l.period, vpp, scheme); err != nil {
		return fmt.Errorf("scheme of %s: %w", vpp, err)
	}
	return nil
}

// decide has the grid open and verify all schemes, and each DER verify its own
// delivered row.
//
// It returns an error if the grid rejects a scheme or a row does not verify.
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

// choices has each DER commit to its choice and reveal it. A DER outside takes
// no part.
//
// All commitments come before the first reveal, so that no DER reacts to the
// choice of another.
func (l *record) choices(ctx context.Context, ders []DERResult) error {
	choices := make(map[string]string)
	for _, u := range ders {
		if u.Choice != Outside {
			choices[u.Name] = u.Choice
		}
	}
	round, err := l.net.Choose(ctx, l.period, choices)
	if err != nil {
		return err
	}
	for _, x := range round.Choices {
		// The settlement pays by the choices, so that one which counts as none
		// must not pass.
		if x.Outcome != contracts.OutcomeRevealed {
			return fmt.Errorf("the choice of %s by %s is %s on the ledger; its VPP has no accepted scheme or refuses it", choices[x.DER], x.DER, x.Outcome)
		}
	}
	return nil
}

// settle records the payments. Each party then proves its own line against the
// genesis of the chain.
//
// lines has the payment of each party in minor units, with the sum 0.
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

// finish writes the summary of the ledger into the result, and the chain to
// export unless it is nil. A run without an allocation is exported too, because
// the ledger has its weights.
func (l *record) finish(ctx context.Context, res *Result, export io.Writer) (err error) {
	if res.Ledger, err = l.summary(ctx); err != nil || export == nil {
		return err
	}
	return l.net.Export(ctx, export)
}

// summary counts blocks and transactions.
//
// The genesis block, at height 0, is not counted. Head is the hash of the last
// header.
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
