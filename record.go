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

// GridParty is the name of the grid's dispatch centre on the ledger. In a settlement it stands for the
// markets: energy, imbalance, carbon and certificates together.
const GridParty = "grid"

// period is the number of the only period that a run plans.
const period = 1

// record is the ledger of one run: every arrow between the levels becomes a transaction on it.
type record struct {
	net    *client.Network
	region Region
}

// openLedger registers everybody. Replicas order and execute each transaction by PBFT.
func openLedger(ctx context.Context, r Region, o Options) (*record, error) {
	members := []client.PartyConfig{{ID: GridParty, Role: ledger.RoleGrid}}
	for _, p := range r.Plants {
		members = append(members, client.PartyConfig{ID: p.Name, Role: ledger.RoleVPP})
	}
	for _, unit := range r.Units {
		members = append(members, client.PartyConfig{ID: unit.Name(), Role: ledger.RoleDER})
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
	return &record{net, r}, nil
}

// seeded returns the randomness of a simulated ledger: equal seeds give equal keys.
func seeded(seed uint64) io.Reader {
	var key [32]byte
	copy(key[:], "trigrid simulated ledger")
	binary.BigEndian.PutUint64(key[24:], seed)
	return rand.NewChaCha8(key)
}

// weights publishes the grid's weights and returns them as everybody reads them: in millionths.
func (l *record) weights(ctx context.Context) (Region, error) {
	r := l.region
	w := r.Setting.Weights
	if err := l.net.PublishWeights(ctx, period, [3]float64{w.Economic, w.Risk, w.Environment}); err != nil {
		return r, err
	}
	published, err := l.net.Weights(ctx, period)
	if err != nil {
		return r, err
	}
	f := published.Fractions()
	r.Setting.Weights.Economic, r.Setting.Weights.Risk, r.Setting.Weights.Environment = f[0], f[1], f[2]
	return r, nil
}

// schemes has every plant submit what it would choose, sealed for the grid, which opens and judges it and
// hands each unit its own row.
func (l *record) schemes(ctx context.Context, g *choice, chosen []vpp.Coalition) error {
	r := g.region
	for v, s := range chosen {
		shared, err := g.divide(ctx, v, s)
		if err != nil {
			return err
		}
		plan, err := g.planner.plants[v].Plan(ctx, s)
		if err != nil {
			return err
		}
		scheme := contracts.Scheme{Columns: []string{"energy fed in, MWh", "payment under the tariff, currency", "payoff, currency"}}
		for _, i := range s.Units() {
			for j := range plan.Members {
				m := &plan.Members[j]
				if m.Unit.Name() != r.Units[i].Name() {
					continue
				}
				row, err := row(m.Unit.Name(), expectedInjection(plan, m), m.Payment, shared.payoffs[i])
				if err != nil {
					return err
				}
				scheme.Rows = append(scheme.Rows, row)
			}
		}
		if err := l.net.SubmitScheme(ctx, period, r.Plants[v].Name, scheme); err != nil {
			return fmt.Errorf("scheme of %s: %w", r.Plants[v].Name, err)
		}
	}
	decisions, err := l.net.Decide(ctx, period, nil)
	if err != nil {
		return err
	}
	for _, d := range decisions {
		if !d.Accepted {
			return fmt.Errorf("the grid rejected the scheme of %s: %s", d.VPP, d.Reason)
		}
	}
	for _, unit := range r.Units {
		if _, err := l.net.Deliveries(ctx, period, unit.Name()); err != nil {
			return fmt.Errorf("what %s received does not verify: %w", unit.Name(), err)
		}
	}
	return nil
}

func row(name string, values ...float64) (contracts.Row, error) {
	out := contracts.Row{DER: name}
	for _, v := range values {
		micro, err := ledger.ToMicro(v)
		if err != nil {
			return out, err
		}
		out.Values = append(out.Values, micro)
	}
	return out, nil
}

// expectedInjection returns the energy that a member feeds in, MWh.
func expectedInjection(p *vpp.Plan, m *vpp.Member) float64 {
	sum := 0.0
	for s := range m.Schedule.Realised {
		for _, mw := range m.Schedule.Realised[s].Injected {
			sum += p.Setting.Set.Probability(s) * mw * p.Setting.Set.Hours()
		}
	}
	return sum
}

// choices has every unit commit to its choice, reveal it, and the result recorded.
func (l *record) choices(ctx context.Context, units []UnitResult) error {
	choices := make(map[string]string)
	for _, u := range units {
		if u.Choice != Out {
			choices[u.Name] = u.Choice
		}
	}
	_, err := l.net.Choose(ctx, period, choices)
	return err
}

// settle records the payments and has every party prove its own line against the chain's genesis.
func (l *record) settle(ctx context.Context, lines []Line) error {
	var payments []client.Payment
	for _, line := range lines {
		payments = append(payments, client.Payment{Party: line.Party, Amount: ledger.Money(line.Minor)})
	}
	if err := l.net.Settle(ctx, period, payments); err != nil {
		return err
	}
	for _, line := range lines {
		proof, err := l.net.ProvePayment(ctx, period, line.Party)
		if err == nil {
			err = proof.Verify(l.net.Engine().Trust())
		}
		if err != nil {
			return fmt.Errorf("the payment of %s does not prove: %w", line.Party, err)
		}
	}
	return nil
}

// LedgerSummary says what a run left on the ledger. [Options.Export] receives the chain itself.
type LedgerSummary struct {
	Engine       string `json:"engine"`
	Replicas     int    `json:"replicas"`
	Blocks       uint64 `json:"blocks"`
	Transactions int    `json:"transactions"`
	Head         string `json:"head"` // hash of the last block's header
}

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
