package client

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/engine"
)

// NetworkConfig describes a [Network]. Fields left at zero take the default named beside them.
type NetworkConfig struct {
	Name    string        // of the chain (default "trigrid")
	Members []PartyConfig // all participants; exactly one of role grid
	Random  io.Reader     // source of all keys and salts (default: the operating system's)
	Windows Windows
	Policy  contracts.Policy // what the grid publishes about schemes

	// Engine starts the engine for a genesis and the contracts of the loop (default: a [Chain] with one
	// replica and Random).
	Engine func(ledger.Genesis, []ledger.Contract) (ledger.Engine, error)
}

// PartyConfig names a participant.
type PartyConfig struct {
	ID   string
	Role ledger.Role
}

// Windows is how long the phases of a period last, in heights. In the default engine every transaction is one height.
type Windows struct {
	Schemes uint64       // default 100 000
	Commits uint64       // default 100 000; a phase ends sooner when everybody has acted
	Reveals uint64       // default 100 000
	Penalty ledger.Money // for committing to a choice and not revealing it (default none)
}

// Network is all participants of the three-level loop in one process, each with its own keys, on one chain: the library's
// view of the ledger, one method per arrow between the levels. It is for simulations and tests; in production each
// participant runs a [Client] of its own with the same messages.
//
// Its methods are not safe for use by many goroutines. With a seeded Random and a [Chain], a run repeats itself byte
// for byte. Seeded keys are for simulations only. A Network begins a chain and does not go on with one: its Export holds
// neither the parties' keys nor what they alone know.
type Network struct {
	engine  ledger.Engine
	genesis ledger.Genesis
	random  io.Reader
	windows Windows
	policy  contracts.Policy
	grid    *Client
	clients map[string]*Client
	members []PartyConfig
	past    []contracts.ReleasedGroup

	submitted map[string]*contracts.OpenedScheme // what each VPP keeps of its own scheme, by SchemeKey
}

func (cfg NetworkConfig) withDefaults() NetworkConfig {
	if cfg.Name == "" {
		cfg.Name = "trigrid"
	}
	for _, w := range []*uint64{&cfg.Windows.Schemes, &cfg.Windows.Commits, &cfg.Windows.Reveals} {
		if *w == 0 {
			*w = 100_000
		}
	}
	if cfg.Engine == nil {
		random := cfg.Random
		cfg.Engine = func(g ledger.Genesis, contracts []ledger.Contract) (ledger.Engine, error) {
			return engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: contracts, Random: random})
		}
	}
	return cfg
}

// NewNetwork makes the participants, starts the engine with all of them in the genesis, and connects them.
func NewNetwork(ctx context.Context, cfg NetworkConfig) (*Network, error) {
	cfg = cfg.withDefaults()
	n := &Network{
		genesis: ledger.Genesis{Name: cfg.Name}, random: cfg.Random, windows: cfg.Windows, policy: cfg.Policy,
		clients: map[string]*Client{}, members: cfg.Members, submitted: map[string]*contracts.OpenedScheme{},
	}
	var parties []*Party
	var bad faults.List
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
	if err := bad.Err(); err != nil {
		return nil, err
	}
	var err error
	if n.engine, err = cfg.Engine(n.genesis, contracts.Coordination()); err != nil {
		return nil, err
	}
	for _, p := range parties {
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

// Engine is the chain underneath.
func (n *Network) Engine() ledger.Engine { return n.engine }

// Genesis is what the chain started from.
func (n *Network) Genesis() ledger.Genesis { return n.genesis }

// Client is a participant's own access to the chain.
func (n *Network) Client(id string) (*Client, error) {
	c := n.clients[id]
	if c == nil {
		return nil, fmt.Errorf("ledger: the network has no member %q", id)
	}
	return c, nil
}

// member is Client for a given role.
func (n *Network) member(id string, role ledger.Role) (*Client, error) {
	c, err := n.Client(id)
	if err == nil && c.party.Identity().Role != role {
		return nil, fmt.Errorf("ledger: %q is of role %s, want %s", id, c.party.Identity().Role, role)
	}
	return c, err
}

// Heartbeat lets some heights pass, for a deadline to be over.
func (n *Network) Heartbeat(ctx context.Context, blocks int) error {
	for range blocks {
		if _, err := n.grid.Send(ctx, &ledger.Heartbeat{}); err != nil {
			return err
		}
	}
	return nil
}

// RotateKeys has a member replace both of its keys. A grid that does so after every period cannot be made to open old
// schemes, not even by whoever takes its new key; schemes it has not decided on by then have to be submitted again.
func (n *Network) RotateKeys(ctx context.Context, id string) error {
	c, err := n.Client(id)
	if err != nil {
		return err
	}
	return c.RotateKeys(ctx, n.random)
}

// PublishWeights has the grid open a period with its weights (economic, risk, environment), which must sum to 1.
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
		effective := n.engine.Status().Height + 2 // the block after the one that publishes
		_, err = n.grid.Send(ctx, &contracts.PublishWeights{Weights: contracts.Weights{
			Period: period, Version: version.N + 1, Economic: micros[0], Risk: micros[1], Environment: micros[2],
			Effective: effective, Deadline: effective + n.windows.Schemes,
		}})
		// Where others' blocks came in between, the height is chosen anew.
		if try == 5 || !errors.Is(err, &ledger.Refusal{Code: "weights.effective"}) {
			return err
		}
	}
}

// Weights reads a period's weights as they are certified.
func (n *Network) Weights(ctx context.Context, period uint64) (contracts.Weights, error) {
	var w contracts.Weights
	has, err := n.grid.Load(ctx, contracts.WeightsKey(period), &w)
	if err == nil && !has {
		err = fmt.Errorf("ledger: no weights are published for period %d", period)
	}
	return w, err
}

// Export writes the network's whole chain.
func (n *Network) Export(ctx context.Context, w io.Writer) error {
	return engine.Export(ctx, w, n.genesis, n.engine)
}
