package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/engine"
)

// NetworkConfig describes a [Network]. Each field states its default.
type NetworkConfig struct {
	Topology Topology  // required; see [Star]
	Owners   []string  // holders of assets, registered on every chain with one key per chain
	Random   io.Reader // source of all keys (default: the operating system)

	// Engine starts the engine of one chain (default: an [engine.Chain] with
	// one replica and Random).
	Engine   func(g ledger.Genesis, contracts []ledger.Contract) (ledger.Engine, error)
	Verifier ledger.FinalityVerifier // of every chain's certificates (default: PBFT)
	// Patience is the shortest block time until a deadline or timeout (default
	// 10 min, negative: none). Heights alone pass with the messages of any
	// sender.
	Patience time.Duration
	// Faults, if not nil, returns the fault function of the gateway between two
	// chains.
	Faults func(from, to string) func([]Carried) []Carried
}

// Network has all chains of a topology in one process, with a gateway in both
// directions of every link. It is for simulations and tests; in production each
// chain, owner and gateway has its own operator.
type Network struct {
	topology Topology
	owners   []string
	patience int64 // ms
	chains   map[string]ledger.Engine
	clients  map[string]map[string]*client.Client // by chain and owner
	gateways []*Gateway
}

// Identities of every chain, beside the owners.
const (
	authority = "authority" // issues assets and vouches for the neighbours' genesis
	carrier   = "gateway"   // sender of all gateways
)

// withDefaults returns cfg with defaults set.
func (cfg NetworkConfig) withDefaults() NetworkConfig {
	if cfg.Engine == nil {
		random := cfg.Random
		cfg.Engine = func(g ledger.Genesis, contracts []ledger.Contract) (ledger.Engine, error) {
			return engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: contracts, Random: random})
		}
	}
	if cfg.Patience == 0 {
		cfg.Patience = defaultPatience
	}
	cfg.Patience = max(0, cfg.Patience)
	return cfg
}

// defaultPatience is assumed, as is that of [client.Windows].
const defaultPatience = 10 * time.Minute

// NewNetwork starts all chains and connects neighbours.
func NewNetwork(ctx context.Context, cfg NetworkConfig) (*Network, error) {
	if err := cfg.Topology.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	n := &Network{
		topology: cfg.Topology, owners: slices.Clone(cfg.Owners), patience: cfg.Patience.Milliseconds(), chains: map[string]ledger.Engine{},
		clients: map[string]map[string]*client.Client{},
	}
	for _, chain := range cfg.Topology.All() {
		if err := n.start(ctx, chain, cfg); err != nil {
			return nil, errors.Join(fmt.Errorf("relay: chain %q: %w", chain, err), n.Close())
		}
	}
	// Both directions of a link need a light client and a gateway.
	for _, l := range cfg.Topology.Links {
		for _, d := range []Link{l, {l.B, l.A}} {
			if err := n.join(ctx, d.A, d.B, cfg); err != nil {
				return nil, errors.Join(fmt.Errorf("relay: link %q to %q: %w", d.A, d.B, err), n.Close())
			}
		}
	}
	return n, nil
}

// start starts one chain with its authority, gateway and owners.
func (n *Network) start(ctx context.Context, chain string, cfg NetworkConfig) error {
	g := ledger.Genesis{Name: chain}
	var parties []*client.Party
	for _, name := range append([]string{authority, carrier}, n.owners...) {
		role := ledger.RoleVPP
		if name == authority {
			role = ledger.RoleRegulator
		}
		p, err := client.NewParty(cfg.Random, name, role)
		if err != nil {
			return err
		}
		parties = append(parties, p)
		g.Identities = append(g.Identities, p.Identity())
	}
	e, err := cfg.Engine(g, []ledger.Contract{Contract{Self: chain, Topology: n.topology, Verifier: cfg.Verifier}})
	if err != nil {
		return err
	}
	n.chains[chain] = e
	n.clients[chain] = map[string]*client.Client{}
	for _, p := range parties {
		if n.clients[chain][p.ID()], err = client.Connect(ctx, e, p); err != nil {
			return err
		}
	}
	return nil
}

// join stores the light client of one chain on the other and adds a gateway
// between them.
func (n *Network) join(ctx context.Context, from, to string, cfg NetworkConfig) error {
	_, trust := n.chains[from].Trust()
	b, err := trust.MarshalBinary()
	if err != nil {
		return err
	}
	if _, err := n.clients[to][authority].Send(ctx, &connect{from, b}); err != nil {
		return err
	}
	g := &Gateway{Topology: n.topology, From: from, To: to, Source: n.chains[from], Sender: n.clients[to][carrier]}
	if cfg.Faults != nil {
		g.Faults = cfg.Faults(from, to)
	}
	n.gateways = append(n.gateways, g)
	return nil
}

// Close stops all chains.
func (n *Network) Close() error {
	var bad faults.List
	for _, name := range n.topology.All() {
		if e := n.chains[name]; e != nil { // nil if the chain did not start
			bad.Add(e.Close())
		}
	}
	return bad.Err()
}

// Gateways returns the gateways in the order of the topology's links, each link
// in both directions.
func (n *Network) Gateways() []*Gateway { return n.gateways }

// Chain returns the engine of a chain, or nil for an unknown name.
func (n *Network) Chain(name string) ledger.Engine { return n.chains[name] }

// send sends a message in the name of an identity of the chain.
func (n *Network) send(ctx context.Context, chain, who string, m ledger.Message) error {
	c := n.clients[chain][who]
	if c == nil {
		return fmt.Errorf("relay: %q is not registered on chain %q", who, chain)
	}
	_, err := c.Send(ctx, m)
	return err
}

// Issue creates an amount of an asset for an owner on the asset's home. The
// chain's authority sends it.
//
// Refusals: "relay.home" on another chain, "relay.asset" for an asset that the
// topology does not list.
//
// For example, Issue(ctx, relay.Carbon, "allowance", "north", 100*ledger.One)
// gives north 100 allowances.
func (n *Network) Issue(ctx context.Context, chain, asset, owner string, amount ledger.Micro) error {
	return n.send(ctx, chain, authority, &issue{asset, owner, amount})
}

// Retire uses up an amount of an owner's for good. The refusal "relay.funds"
// means that the balance is too small.
func (n *Network) Retire(ctx context.Context, chain, asset, owner string, amount ledger.Micro) error {
	return n.send(ctx, chain, owner, &retire{asset, amount})
}

// Transfer sends an amount to an owner on another chain. That chain accepts it
// until its height is above timeout and the network's patience has passed;
// otherwise it returns. Both need gateways; see [Network.Settle].
//
// Refusals: "relay.funds" if the balance is too small, "relay.route" if the
// topology has no route, "relay.way" if the amount must go home first, see
// [Topology.Carries], "relay.timeout" if the timeout has passed.
func (n *Network) Transfer(ctx context.Context, from, asset, owner, to, recipient string, amount ledger.Micro, timeout uint64) error {
	return n.send(ctx, from, owner, &transfer{asset, to, recipient, amount, timeout, n.patience})
}

// Begin proposes a trade to a relay chain. who must give something in one of
// the legs; this is its consent. The deadline passes with the height and the
// network's patience.
//
// Refusals: "relay.party" if who gives nothing, "relay.deadline" for a height
// that has passed, "relay.trade" for an id in use.
func (n *Network) Begin(ctx context.Context, relay, who, id string, legs []Leg, deadline uint64) error {
	return n.send(ctx, relay, who, &begin{id, legs, deadline, n.patience})
}

// Consent adds the consent of another giver. The last consent starts the locks.
func (n *Network) Consent(ctx context.Context, relay, who, id string) error {
	return n.send(ctx, relay, who, &consent{id})
}

// Expire aborts an undecided trade after its deadline. It is needed if a giver
// does not consent or a chain does not answer.
func (n *Network) Expire(ctx context.Context, relay, id string) error {
	return n.send(ctx, relay, carrier, &expire{id})
}

// Heartbeat advances one chain by a height.
func (n *Network) Heartbeat(ctx context.Context, chain string) error {
	_, err := n.clients[chain][authority].Send(ctx, &ledger.Heartbeat{})
	return err
}

// Relay lets every gateway make one step and returns the number of accepted
// packets.
func (n *Network) Relay(ctx context.Context) (int, error) {
	taken := 0
	for _, g := range n.gateways {
		k, err := g.Step(ctx)
		if err != nil {
			return taken, err
		}
		taken += k
	}
	return taken, nil
}

// Settle lets the gateways work until no packet is in transit.
func (n *Network) Settle(ctx context.Context) error {
	for {
		taken, err := n.Relay(ctx)
		if err != nil {
			return err
		}
		idle := taken == 0
		for _, g := range n.gateways {
			done, err := g.Idle(ctx)
			if err != nil {
				return err
			}
			idle = idle && done
		}
		if idle {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// read reads a key from one replica of a chain.
func (n *Network) read(ctx context.Context, chain, key string) (ledger.StateValue, error) {
	e := n.chains[chain]
	if e == nil {
		return ledger.StateValue{}, fmt.Errorf("relay: no chain %q in the topology", chain)
	}
	return e.Read(ctx, key)
}

// Balance returns an owner's free balance on a chain, without amounts that are
// locked or in transit.
func (n *Network) Balance(ctx context.Context, chain, asset, owner string) (ledger.Micro, error) {
	v, err := n.read(ctx, chain, BalanceKey(asset, owner))
	if err != nil || !v.Present {
		return 0, err
	}
	return DecodeBalance(v.Value)
}

// Totals returns the flows of an asset on a chain.
func (n *Network) Totals(ctx context.Context, chain, asset string) (Totals, error) {
	v, err := n.read(ctx, chain, TotalsKey(asset))
	if err != nil || !v.Present {
		return Totals{}, err
	}
	return DecodeTotals(v.Value)
}

// Locked returns the asset and amount that a chain has locked for a leg of a
// trade, or zero.
func (n *Network) Locked(ctx context.Context, chain, coordinator, trade string, leg int) (asset string, amount ledger.Micro, err error) {
	v, err := n.read(ctx, chain, LockKey(coordinator, trade, uint64(leg)))
	if err != nil || !v.Present {
		return "", 0, err
	}
	return DecodeLock(v.Value)
}

// Trade returns the coordinator's record of a trade.
func (n *Network) Trade(ctx context.Context, relay, id string) (Trade, error) {
	v, err := n.read(ctx, relay, TradeKey(id))
	if err == nil && !v.Present {
		err = fmt.Errorf("relay: chain %q has no trade %q", relay, id)
	}
	if err != nil {
		return Trade{}, err
	}
	return DecodeTrade(v.Value)
}
