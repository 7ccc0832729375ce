package relay

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
)

// Gateway carries packets from one chain's outbox to a neighbour. Nothing
// depends on its honesty, and it needs no memory: the neighbour's state lists
// the accepted packets. Several gateways may carry the same packets.
//
// A gateway is a loop in its operator's process:
//
//	for ctx.Err() == nil {
//		if taken, err := g.Step(ctx); err != nil || taken == 0 {
//			// wait for the next block of g.Source
//		}
//	}
type Gateway struct {
	Topology Topology
	From, To string
	Source   ledger.Engine
	// Sender is the gateway's own identity on the neighbour's chain, with any
	// role.
	Sender *client.Client
	Batch  int // largest number of packets in a transaction (default 64)
	// Faults, if not nil, may drop, repeat, reorder or alter packets before
	// they are handed over. Tests use it.
	Faults func([]Carried) []Carried

	next uint64 // all packets below this index are accepted
}

// Carried is a packet with its proof.
type Carried struct {
	Packet ledger.Packet
	Path   ledger.Path
}

// Step hands over packets that the neighbour has not accepted, at most Batch of
// them, and returns the number that it accepts.
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

// collect returns the packets that go to the neighbour and that it has not
// accepted.
func (g *Gateway) collect(ctx context.Context, h *ledger.Header) ([]Carried, error) {
	batch := g.Batch
	if batch == 0 {
		batch = 64
	}
	// last caches the neighbour's last accepted number per channel.
	last := map[string]uint64{}
	var carried []Carried
	for i := g.next; i < h.Sent && len(carried) < batch; i++ {
		p, path, err := g.Source.Outbox(ctx, i, h.Height)
		if err != nil {
			return nil, err
		}
		_, after, onRoute := g.Topology.hops(p.Source, p.Destination, g.From)
		// Packets of other routes are in the same outbox.
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
		// A prefix without packets to carry is never looked at again.
		case len(carried) == 0:
			g.next = i + 1
		}
	}
	return carried, nil
}

// taken returns the last accepted number of a channel from the neighbour's
// state. A wrong answer costs a refused transaction only.
func (g *Gateway) taken(ctx context.Context, key string) (uint64, error) {
	v, err := g.Sender.Read(ctx, client.Stale, key)
	if err != nil || !v.Present {
		return 0, err
	}
	var n ledger.Counter
	err = ledger.Decode("number", v.Value, &n)
	return n.N, err
}

// Idle reports whether the neighbour has accepted all packets of the last
// certified header.
func (g *Gateway) Idle(ctx context.Context) (bool, error) {
	height := g.Source.Status().Height
	if height == 0 {
		return true, nil
	}
	h, err := g.Source.Certified(ctx, height)
	return g.next == h.Header.Sent, err
}

// changesBytes bounds the changes of validators in one transaction, so that
// packets have room beside them. A PBFT change of four replicas has about 600
// bytes.
const changesBytes = 256 << 10

// shorten returns h with a proof that begins at the state which the neighbour
// trusts. If the neighbour is many changes of validators behind, it advances
// there first. A proof from the genesis would exceed the limit of a transaction
// after some 1,500 changes.
//
// A wrong answer about the trusted state costs refused transactions only.
func (g *Gateway) shorten(ctx context.Context, h ledger.CertifiedHeader) (ledger.CertifiedHeader, error) {
	verifier, _ := g.Source.Trust()
	v, changes := verifier.(ledger.ChangesVerifier)
	if !changes {
		return h, nil
	}
	stored, err := g.Sender.Read(ctx, client.Stale, ClientKey(g.From))
	if err != nil || !stored.Present { // the neighbour refuses packets of a chain that is not connected
		return h, err
	}
	var trusted ledger.TrustState
	if err := trusted.UnmarshalBinary(stored.Value); err != nil {
		return h, err
	}
	parts, short, err := v.SplitChanges(trusted, h, changesBytes)
	if err != nil {
		return h, err
	}
	for _, part := range parts {
		if _, err := g.Sender.Send(ctx, &advance{g.From, part}); err != nil {
			return h, err
		}
	}
	return short, nil
}

// hand submits the packets with the header that proves them.
func (g *Gateway) hand(ctx context.Context, h ledger.CertifiedHeader, carried []Carried) (int, error) {
	h, err := g.shorten(ctx, h)
	if err != nil {
		return 0, fmt.Errorf("relay: gateway from %q to %q: %w", g.From, g.To, err)
	}
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
		return 0, errors.New("relay: " + g.From + " has certified two headers of one height and is frozen at " + g.To)
	}
	n, err := strconv.Atoi(string(r.Data))
	return n, err
}

// Refused reports whether err is a refusal of the relay contract with the code
// "relay.<code>". For example, Refused(err, "funds") is true if the sender's
// balance is too small.
func Refused(err error, code string) bool {
	return errors.Is(err, &ledger.Refusal{Code: "relay." + code})
}
