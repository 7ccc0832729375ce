package relay

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
)

// Gateway carries packets from one chain's outbox to a neighbour. It is trusted by nobody and needs no memory: what the
// neighbour has and has not taken, it asks the neighbour. Any number of gateways may run side by side.
type Gateway struct {
	Topology Topology
	From, To string
	Source   ledger.Engine
	// Sender is the gateway's own identity on the neighbour's chain; any role will do.
	Sender *client.Client
	Batch  int // most packets in a transaction (default 64)
	// Faults, when not nil, may drop, repeat, reorder or alter what is about to be handed over. For tests.
	Faults func([]Carried) []Carried

	next uint64 // index in the outbox below which everything is taken
}

// Carried is a packet with its proof.
type Carried struct {
	Packet ledger.Packet
	Path   ledger.Path
}

// Step carries what the neighbour has not taken, at most Batch packets, and returns how many it has taken now.
func (g *Gateway) Step(ctx context.Context) (taken int, err error) {
	height := g.Source.Status().Height
	if height == 0 {
		return 0, nil
	}
	h, err := g.Source.Certified(ctx, height)
	if err != nil {
		return 0, err
	}
	carried, err := g.collect(ctx, &h.Header)
	if err != nil {
		return 0, err
	}
	if g.Faults != nil && len(carried) > 0 {
		carried = g.Faults(carried)
	}
	if len(carried) == 0 {
		return 0, nil
	}
	return g.hand(ctx, h, carried)
}

// collect finds the packets that go to the neighbour and that it has not taken.
func (g *Gateway) collect(ctx context.Context, h *ledger.Header) ([]Carried, error) {
	batch := g.Batch
	if batch == 0 {
		batch = 64
	}
	last := map[string]uint64{}
	var carried []Carried
	for i := g.next; i < h.Sent && len(carried) < batch; i++ {
		p, path, err := g.Source.Outbox(ctx, i, h.Height)
		if err != nil {
			return nil, err
		}
		_, after, onRoute := g.Topology.hops(p.Source, p.Destination, g.From)
		ours := onRoute && after == g.To
		if ours {
			k := nextInKey(p.Source, p.Destination, p.Channel)
			if _, known := last[k]; !known {
				if last[k], err = g.taken(ctx, k); err != nil {
					return nil, err
				}
			}
			ours = p.Number > last[k]
		}
		switch {
		case ours:
			carried = append(carried, Carried{p, path})
		case len(carried) == 0:
			g.next = i + 1
		}
	}
	return carried, nil
}

// taken asks the neighbour for the last number it has taken of a channel.
func (g *Gateway) taken(ctx context.Context, key string) (uint64, error) {
	v, err := g.Sender.Read(ctx, client.Stale, key)
	if err != nil || !v.Present {
		return 0, err
	}
	var n ledger.Counter
	err = ledger.Decode("number", v.Value, &n)
	return n.N, err
}

// Idle reports whether the neighbour has taken everything that was in the outbox at the last Step, and nothing has come
// since.
func (g *Gateway) Idle(ctx context.Context) (bool, error) {
	height := g.Source.Status().Height
	if height == 0 {
		return true, nil
	}
	h, err := g.Source.Certified(ctx, height)
	return g.next == h.Header.Sent, err
}

func (g *Gateway) hand(ctx context.Context, h ledger.CertifiedHeader, carried []Carried) (int, error) {
	header, err := h.MarshalBinary()
	if err != nil {
		return 0, err
	}
	m := &receive{from: g.From, header: header}
	for _, p := range carried {
		m.packets = append(m.packets, proved{p.Packet, p.Path})
	}
	r, err := g.Sender.Send(ctx, m)
	if err != nil {
		return 0, fmt.Errorf("relay: gateway from %q to %q: %w", g.From, g.To, err)
	}
	if string(r.Data) == "frozen" {
		return 0, errors.New("relay: " + g.From + " has contradicted itself and is frozen at " + g.To)
	}
	n, err := strconv.Atoi(string(r.Data))
	return n, err
}

// Refused reports whether err is a refusal of this package's contract with the given code, "funds" for example.
func Refused(err error, code string) bool {
	return errors.Is(err, &ledger.Refusal{Code: "relay." + code})
}
