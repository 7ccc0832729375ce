package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/engine"
)

// NetworkConfig describes a [Network]. Each field states its default.
type NetworkConfig struct {
	Name    string           // of the chain (default "trigrid")
	Members []PartyConfig    // all participants; exactly one of role grid
	Random  io.Reader        // source of all keys and salts (default: the operating system)
	Windows Windows          // lengths of the phases of a period
	Policy  contracts.Policy // publication of totals of schemes

	// Engine starts the engine for a genesis and the contracts of the loop
	// (default: an [engine.Chain] with one replica and Random).
	Engine func(ledger.Genesis, []ledger.Contract) (ledger.Engine, error)
}

// PartyConfig names a participant and its role.
type PartyConfig struct {
	ID   string
	Role ledger.Role
}

// Windows has the lengths of a period's phases, in heights and in block time. A
// phase ends when both have passed: on the default engine most transactions are
// one height each, so that a party with much to send could end a phase of
// heights alone. The phases of a round end earlier when all DERs have acted.
type Windows struct {
	Schemes    uint64        // default 100 000
	SchemeTime time.Duration // default 10 min, negative: none
	Commits    uint64        // default 100 000
	CommitTime time.Duration // default 10 min, negative: none
	Reveals    uint64        // default 100 000
	RevealTime time.Duration // default 10 min, negative: none
	Penalty    ledger.Money  // for a commitment without reveal (default none)
}

// defaultPhase is the shortest time of a phase. It is assumed.
const defaultPhase = 10 * time.Minute

// Network has all participants of the three-level loop in one process, each
// with its own keys, on one chain. It has one method per arrow between the
// levels. In production each participant runs its own [Client] with the same
// messages.
//
// Its methods are not safe for concurrent use. With a seeded Random and an
// [engine.Chain], equal calls give equal bytes; seeded keys are for simulations
// only. A Network starts a new chain and cannot continue one, because an export
// contains neither the parties' keys nor their private notes.
type Network struct {
	engine  ledger.Engine
	genesis ledger.Genesis
	random  io.Reader
	windows Windows
	policy  contracts.Policy
	grid    *Client
	clients map[string]*Client
	members []PartyConfig
	past    []contracts.ReleasedGroup // groups of published totals, see contracts.Policy

	submitted map[string]*contracts.OpenedScheme // opened scheme of each VPP, by SchemeKey
	classes   map[string]*classNotes             // of classes of DERs, by name
}

// withDefaults returns cfg with defaults set. The default engine shares Random
// with the parties, so that one seed determines the whole chain.
func (cfg NetworkConfig) withDefaults() NetworkConfig {
	if cfg.Name == "" {
		cfg.Name = "trigrid"
	}
	for _, w := range []*uint64{&cfg.Windows.Schemes, &cfg.Windows.Commits, &cfg.Windows.Reveals} {
		if *w == 0 {
			*w = 100_000
		}
	}
	for _, t := range []*time.Duration{&cfg.Windows.SchemeTime, &cfg.Windows.CommitTime, &cfg.Windows.RevealTime} {
		if *t == 0 {
			*t = defaultPhase
		}
		*t = max(0, *t)
	}
	if cfg.Engine == nil {
		random := cfg.Random
		cfg.Engine = func(g ledger.Genesis, contracts []ledger.Contract) (ledger.Engine, error) {
			return engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: contracts, Random: random})
		}
	}
	return cfg
}

// NewNetwork makes the participants, starts the engine with all of them in the
// genesis, and connects them. The error lists all invalid members.
func NewNetwork(ctx context.Context, cfg NetworkConfig) (*Network, error) {
	cfg = cfg.withDefaults()
	n := &Network{
		genesis: ledger.Genesis{Name: cfg.Name}, random: cfg.Random, windows: cfg.Windows, policy: cfg.Policy,
		clients: map[string]*Client{}, members: cfg.Members, submitted: map[string]*contracts.OpenedScheme{},
		classes: map[string]*classNotes{},
	}
	var parties []*Party
	var bad faults.List
	// All members are made before the engine starts, because the genesis
	// contains their public keys.
	grids := 0
	for _, m := range cfg.Members {
		p, err := NewParty(cfg.Random, m.ID, m.Role)
		bad.Add(err)
		if err == nil {
			parties = append(parties, p)
			n.genesis.Identities = append(n.genesis.Identities, p.Identity())
		}
		if m.Role == ledger.RoleGrid {
			grids++
		}
	}
	if grids != 1 {
		bad.Addf("ledger: network has %d members of role grid, want 1", grids)
	}
	bad.Add(cfg.Policy.Validate())
	// All violations are reported together.
	if err := bad.Err(); err != nil {
		return nil, err
	}
	var err error
	if n.engine, err = cfg.Engine(n.genesis, contracts.Coordination()); err != nil {
		return nil, err
	}
	for _, p := range parties {
		// The engine is closed on failure, so that its goroutines end.
		c, err := Connect(ctx, n.engine, p)
		if err != nil {
			return nil, errors.Join(err, n.engine.Close())
		}
		n.clients[p.ID()] = c
		if p.Identity().Role == ledger.RoleGrid {
			n.grid = c
		}
	}
	return n, nil
}

// Close stops the engine.
func (n *Network) Close() error { return n.engine.Close() }

// Engine returns the engine of the chain.
func (n *Network) Engine() ledger.Engine { return n.engine }

// Genesis returns the genesis of the chain.
func (n *Network) Genesis() ledger.Genesis { return n.genesis }

// Client returns a member's own client, for messages without a method here.
func (n *Network) Client(id string) (*Client, error) {
	c := n.clients[id]
	if c == nil {
		return nil, fmt.Errorf("ledger: the network has no member %q", id)
	}
	return c, nil
}

// member returns the client of a member with the given role.
func (n *Network) member(id string, role ledger.Role) (*Client, error) {
	c, err := n.Client(id)
	if err == nil && c.party.Identity().Role != role {
		return nil, fmt.Errorf("ledger: %q is of role %s, want %s", id, c.party.Identity().Role, role)
	}
	return c, err
}

// Heartbeat advances the height by a number of blocks. A deadline passes if its
// block time passes as well; see [Windows]. On an engine with other traffic the
// height may advance further.
func (n *Network) Heartbeat(ctx context.Context, blocks int) error {
	for range blocks {
		if _, err := n.grid.Send(ctx, &ledger.Heartbeat{}); err != nil {
			return err
		}
	}
	return nil
}

// RotateKeys replaces both keys of a member. A grid that replaces its keys
// after every period cannot open old schemes any more, so that its current key
// reveals none of them. Schemes without a verdict must then be submitted again.
func (n *Network) RotateKeys(ctx context.Context, id string) error {
	c, err := n.Client(id)
	if err != nil {
		return err
	}
	return c.RotateKeys(ctx, n.random)
}

// PublishWeights opens a period with the grid's weights (economic, risk,
// environment), which must sum to 1.
//
// Refusals: "weights.period" if the period has schemes, a choice round or a
// settlement already. For example, PublishWeights(ctx, 7, [3]float64{0.4, 0.2,
// 0.4}) opens period 7 with 400 000, 200 000 and 400 000 millionths.
func (n *Network) PublishWeights(ctx context.Context, period uint64, w [3]float64) error {
	micros, err := ledger.WeightMicros(w)
	if err != nil {
		return err
	}
	var version ledger.Counter
	if _, err := n.grid.Load(ctx, contracts.WeightsVersionKey, &version); err != nil {
		return err
	}
	for try := 0; ; try++ {
		effective := n.engine.Status().Height + 2 // one block publishes, the next is effective
		_, err = n.grid.Send(ctx, &contracts.PublishWeights{Weights: contracts.Weights{
			Period: period, Version: version.N + 1, Economic: micros[0], Risk: micros[1], Environment: micros[2],
			Effective: effective, Deadline: effective + n.windows.Schemes, OpenMillis: n.windows.SchemeTime.Milliseconds(),
		}})
		// Other transactions may have advanced the height; the weights are then
		// sent with a later one.
		if try == 5 || !errors.Is(err, &ledger.Refusal{Code: "weights.effective"}) {
			return err
		}
	}
}

// Weights returns a period's certified weights, or an error if the period has
// none.
func (n *Network) Weights(ctx context.Context, period uint64) (contracts.Weights, error) {
	var w contracts.Weights
	has, err := n.grid.Load(ctx, contracts.WeightsKey(period), &w)
	if err == nil && !has {
		err = fmt.Errorf("ledger: no weights are published for period %d", period)
	}
	return w, err
}

// PublishSignals states the signals from which the weights of a period follow.
// The grid sends it before it publishes the weights.
//
// Refusals: "weights.period" if the period has schemes already, and
// "weights.signals" for values out of range.
func (n *Network) PublishSignals(ctx context.Context, s contracts.Signals) error {
	_, err := n.grid.Send(ctx, &contracts.PublishSignals{Signals: s})
	return err
}

// Signals returns a period's certified signals, or an error if the period has
// none.
func (n *Network) Signals(ctx context.Context, period uint64) (contracts.Signals, error) {
	var s contracts.Signals
	has, err := n.grid.Load(ctx, contracts.SignalsKey(period), &s)
	if err == nil && !has {
		err = fmt.Errorf("ledger: no signals are published for period %d", period)
	}
	return s, err
}

// RefuseDERs states the DERs that a VPP does not admit in a period, in any
// order.
//
// Refusals: "choice.vpp" if the VPP has no accepted scheme, "choice.round"
// after a choice round of the period was opened, and "choice.twice" for a
// second statement.
func (n *Network) RefuseDERs(ctx context.Context, period uint64, vpp string, list []contracts.Refused) error {
	c, err := n.member(vpp, ledger.RoleVPP)
	if err != nil {
		return err
	}
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b contracts.Refused) int { return strings.Compare(a.DER, b.DER) })
	_, err = c.Send(ctx, &contracts.RefuseDERs{Period: period, List: list})
	return err
}

// Refusals returns the DERs that a VPP does not admit in a period, nil if it
// has refused none.
func (n *Network) Refusals(ctx context.Context, period uint64, vpp string) ([]contracts.Refused, error) {
	var r contracts.Refusals
	_, err := n.grid.Load(ctx, contracts.RefusalsKey(period, vpp), &r)
	return r.List, err
}

// Export writes the network's whole chain; see [engine.Export].
func (n *Network) Export(ctx context.Context, w io.Writer) error {
	return engine.Export(ctx, w, n.genesis, n.engine)
}
