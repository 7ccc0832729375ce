package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/engine"
)

// NetworkConfig describes a [Network]. Fields left at zero take the default named beside them.
type NetworkConfig struct {
	Topology Topology // required; see [Star]
	Owners   []string // who holds assets; each is known on every chain under its name, with a key per chain
	Random   io.Reader

	// Engine starts the engine of one chain (default: a [ledger.Chain] with one replica and Random).
	Engine   func(g ledger.Genesis, contracts []ledger.Contract) (ledger.Engine, error)
	Verifier ledger.FinalityVerifier // of every chain's certificates (default [ledger.PBFTVerifier])
	// Faults, when not nil, is given to every gateway.
	Faults func(from, to string) func([]Carried) []Carried
}

// Network is all chains of a topology in one process, with a gateway in both directions of every link. It is for simulations and tests;
// in production every chain, owner and gateway is somebody's own.
type Network struct {
	topology Topology
	owners   []string
	chains   map[string]ledger.Engine
	clients  map[string]map[string]*client.Client // by chain and owner
	gateways []*Gateway
}

// The identities that every chain has besides the owners.
const (
	authority = "authority" // issues assets and vouches for the neighbours' genesis
	carrier   = "gateway"
)

func (cfg NetworkConfig) withDefaults() NetworkConfig {
	if cfg.Engine == nil {
		random := cfg.Random
		cfg.Engine = func(g ledger.Genesis, contracts []ledger.Contract) (ledger.Engine, error) {
			return engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: contracts, Random: random})
		}
	}
	return cfg
}

// NewNetwork starts all chains and makes neighbours know each other.
func NewNetwork(ctx context.Context, cfg NetworkConfig) (*Network, error) {
	if err := cfg.Topology.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	n := &Network{
		topology: cfg.Topology, owners: slices.Clone(cfg.Owners), chains: map[string]ledger.Engine{},
		clients: map[string]map[string]*client.Client{},
	}
	for _, chain := range cfg.Topology.All() {
		if err := n.start(ctx, chain, cfg); err != nil {
			return nil, errors.Join(fmt.Errorf("relay: chain %q: %w", chain, err), n.Close())
		}
	}
	for _, l := range cfg.Topology.Links {
		for _, d := range []Link{l, {l.B, l.A}} {
			if err := n.join(ctx, d.A, d.B, cfg); err != nil {
				return nil, errors.Join(fmt.Errorf("relay: link %q to %q: %w", d.A, d.B, err), n.Close())
			}
		}
	}
	return n, nil
}

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

// join makes one chain known to the other and starts a gateway between them.
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
		if e := n.chains[name]; e != nil { // nil where starting it failed
			bad.Add(e.Close())
		}
	}
	return bad.Err()
}

// Gateways lists the gateways, in the order of the topology's links, each link in both directions.
func (n *Network) Gateways() []*Gateway { return n.gateways }

// Chain is the engine of one chain.
func (n *Network) Chain(name string) ledger.Engine { return n.chains[name] }

func (n *Network) send(ctx context.Context, chain, who string, m ledger.Message) error {
	c := n.clients[chain][who]
	if c == nil {
		return fmt.Errorf("relay: %q is not known on chain %q", who, chain)
	}
	_, err := c.Send(ctx, m)
	return err
}

// Issue has a chain's authority create an amount of an asset for an owner.
func (n *Network) Issue(ctx context.Context, chain, asset, owner string, amount ledger.Micro) error {
	return n.send(ctx, chain, authority, &issue{asset, owner, amount})
}

// Retire has an owner use an amount up for good.
func (n *Network) Retire(ctx context.Context, chain, asset, owner string, amount ledger.Micro) error {
	return n.send(ctx, chain, owner, &retire{asset, amount})
}

// Transfer has an owner send an amount to an owner on another chain. It is taken there up to the given height of that
// chain, and given back otherwise, once gateways have carried the packets.
func (n *Network) Transfer(ctx context.Context, from, asset, owner, to, recipient string, amount ledger.Micro, timeout uint64) error {
	return n.send(ctx, from, owner, &transfer{asset, to, recipient, amount, timeout})
}

// Begin has one of the givers propose a trade to a relay.
func (n *Network) Begin(ctx context.Context, relay, who, id string, legs []Leg, deadline uint64) error {
	return n.send(ctx, relay, who, &begin{id, legs, deadline})
}

// Consent has another giver agree to it.
func (n *Network) Consent(ctx context.Context, relay, who, id string) error {
	return n.send(ctx, relay, who, &consent{id})
}

// Expire aborts an undecided trade whose deadline has passed.
func (n *Network) Expire(ctx context.Context, relay, id string) error {
	return n.send(ctx, relay, carrier, &expire{id})
}

// Heartbeat lets a height of one chain pass.
func (n *Network) Heartbeat(ctx context.Context, chain string) error {
	_, err := n.clients[chain][carrier].Send(ctx, &ledger.Heartbeat{})
	return err
}

// Relay lets every gateway make one step and returns how many packets were taken.
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

// Settle lets the gateways work until nothing is left to carry.
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

func (n *Network) read(ctx context.Context, chain, key string) (ledger.StateValue, error) {
	e := n.chains[chain]
	if e == nil {
		return ledger.StateValue{}, fmt.Errorf("relay: there is no chain %q", chain)
	}
	return e.Read(ctx, key)
}

// Balance is what an owner holds freely on a chain.
func (n *Network) Balance(ctx context.Context, chain, asset, owner string) (ledger.Micro, error) {
	v, err := n.read(ctx, chain, BalanceKey(asset, owner))
	if err != nil || !v.Present {
		return 0, err
	}
	return DecodeBalance(v.Value)
}

// Totals is what a chain has ever done with an asset.
func (n *Network) Totals(ctx context.Context, chain, asset string) (Totals, error) {
	v, err := n.read(ctx, chain, TotalsKey(asset))
	if err != nil || !v.Present {
		return Totals{}, err
	}
	return DecodeTotals(v.Value)
}

// Locked is what a chain holds locked for a leg of a trade.
func (n *Network) Locked(ctx context.Context, chain, coordinator, trade string, leg int) (asset string, amount ledger.Micro, err error) {
	v, err := n.read(ctx, chain, LockKey(coordinator, trade, uint64(leg)))
	if err != nil || !v.Present {
		return "", 0, err
	}
	return DecodeLock(v.Value)
}

// Trade reads a trade at its coordinator.
func (n *Network) Trade(ctx context.Context, relay, id string) (Trade, error) {
	v, err := n.read(ctx, relay, TradeKey(id))
	if err == nil && !v.Present {
		err = fmt.Errorf("relay: %q knows no trade %q", relay, id)
	}
	if err != nil {
		return Trade{}, err
	}
	return DecodeTrade(v.Value)
}
