package relay

import (
	"errors"
	"math"
	"strconv"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// order is the payload of a packet with a request. For example, a transfer has
// asset, from, to and amount, and a commit has trade and leg.
type order struct {
	verb     string // "transfer", "lock", "commit", "abort" or "void"; see forwardOrder
	trade    string // empty for a transfer
	leg      uint64
	asset    string
	from, to string
	amount   ledger.Micro
}

func (o *order) Layout(c *codec.Coder) {
	c.String(&o.verb, maxName)
	c.String(&o.trade, maxName)
	c.Uint64(&o.leg)
	c.String(&o.asset, maxName)
	c.String(&o.from, maxName)
	c.String(&o.to, maxName)
	codec.Int64(c, &o.amount)
}

// verdict is the payload of the packet that answers an order.
type verdict struct {
	number  uint64 // of the order
	outcome string // "ok", "timeout", or the code of a refusal
}

func (v *verdict) Layout(c *codec.Coder) {
	c.Uint64(&v.number)
	c.String(&v.outcome, maxName)
}

// Outcomes that are no refusals.
const (
	verdictOK      = "ok"
	verdictTimeout = "timeout"
)

// Orders and verdicts have their own channels with their own numbers. Verdict
// number k answers order number k.
const (
	orders   = "orders"
	verdicts = "verdicts"
)

// nextInKey is the state key of the last accepted number of a channel.
func nextInKey(source, destination, channel string) string {
	return key("in", source, destination, channel)
}

// nextOutKey is the state key of the last sent number of a channel.
func nextOutKey(destination, channel string) string { return key("out", destination, channel) }

// pendingKey is the state key of a sent order that has no verdict yet.
func pendingKey(destination string, n uint64) string { return key("pending", destination, n) }

// send appends a packet to the outbox and returns its number.
func (x Contract) send(c *ledger.Context, destination, channel string, timeout uint64, until int64, payload ledger.Coded) uint64 {
	var n ledger.Counter
	c.Load(nextOutKey(destination, channel), &n)
	n.N++
	c.Store(nextOutKey(destination, channel), &n)
	c.Send(ledger.Packet{
		Source: x.Self, Destination: destination, Channel: channel, Number: n.N, Timeout: timeout, Until: until,
		Payload: ledger.Encode(payload),
	})
	return n.N
}

// Timeout of packets that the destination must execute at any height.
const (
	never     = ^uint64(0)
	neverTime = int64(math.MaxInt64)
)

// ask sends an order and stores it until the verdict arrives.
func (x Contract) ask(c *ledger.Context, destination string, timeout uint64, until int64, o *order) {
	n := x.send(c, destination, orders, timeout, until, o)
	c.Store(pendingKey(destination, n), o)
}

// proved is a packet with its path in the outbox of the chain that hands it
// over.
type proved struct {
	packet ledger.Packet
	path   ledger.Path
}

func (p *proved) Layout(c *codec.Coder) {
	var packet, path []byte
	if !c.Decoding() {
		packet, _ = p.packet.MarshalBinary()
		path, _ = p.path.MarshalBinary()
	}
	c.Bytes(&packet, maxBytes)
	c.Bytes(&path, maxBytes)
	if c.Decoding() {
		if err := p.packet.UnmarshalBinary(packet); err != nil {
			c.Fail(err)
		}
		if err := p.path.UnmarshalBinary(path); err != nil {
			c.Fail(err)
		}
	}
}

// receive hands over packets of a neighbour's outbox. Every identity may send
// it.
type receive struct {
	from    string
	header  []byte
	packets []proved
}

// Kind implements [ledger.Message].
func (*receive) Kind() string { return "relay.receive" }

// Layout implements [ledger.Coded].
func (m *receive) Layout(c *codec.Coder) {
	c.String(&m.from, maxName)
	c.Bytes(&m.header, maxBytes)
	codec.List(c, &m.packets, maxPackets, func(c *codec.Coder, p *proved) { p.Layout(c) })
}

// receive accepts the packets that are next in their channels and skips the
// others. The answer is the number of accepted packets, or "frozen". A packet
// without proof, or not on its route, refuses the whole message.
func (x Contract) receive(c *ledger.Context, m *receive) ([]byte, error) {
	h, frozen, err := x.header(c, m.from, m.header)
	if err != nil {
		return nil, err
	}
	if frozen {
		return []byte("frozen"), nil
	}
	taken := 0
	for i := range m.packets {
		p := &m.packets[i]
		if err := ledger.VerifyPacket(&h.Header, &p.packet, p.path); err != nil {
			return nil, refuse("proof", "packet %d is not in the outbox of %q", i, m.from)
		}
		before, after, onRoute := x.Topology.hops(p.packet.Source, p.packet.Destination, x.Self)
		if !onRoute || before != m.from {
			return nil, refuse("route", "a packet from %q to %q does not come from %q to %q", p.packet.Source, p.packet.Destination, m.from, x.Self)
		}
		var last ledger.Counter
		k := nextInKey(p.packet.Source, p.packet.Destination, p.packet.Channel)
		c.Load(k, &last)
		if p.packet.Number != last.N+1 {
			continue // accepted before, or not next
		}
		last.N++
		c.Store(k, &last)
		taken++
		// A forwarded packet keeps its source, number and timeout.
		if after != "" {
			x.forward(c, p.packet, before, after)
			continue
		}
		x.arrive(c, before, &p.packet)
	}
	return []byte(strconv.Itoa(taken)), nil
}

// arrive executes a packet at its destination. Every order is answered by
// exactly one verdict.
func (x Contract) arrive(c *ledger.Context, neighbour string, p *ledger.Packet) {
	// Verdicts are not answered, so that the exchange ends.
	if p.Channel == verdicts {
		x.conclude(c, p)
		return
	}
	v := verdict{number: p.Number, outcome: verdictOK}
	var o order
	switch {
	case c.Height > p.Timeout && c.Time > p.Until:
		v.outcome = verdictTimeout
	case ledger.Decode("order", p.Payload, &o) != nil:
		v.outcome = "malformed"
	default:
		// A refused order leaves no change but its verdict.
		if err := c.Try(func() error { return x.obey(c, neighbour, p.Source, &o) }); err != nil {
			v.outcome = refusalCode(err)
		}
	}
	x.send(c, p.Source, verdicts, never, neverTime, &v)
}

// refusalCode returns the code of a refusal, or "error".
func refusalCode(err error) string {
	var r *ledger.Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return "error"
}

// obey executes an order of another chain, which a neighbour has handed over.
func (x Contract) obey(c *ledger.Context, neighbour, source string, o *order) error {
	switch o.verb {
	case "transfer":
		return x.deposit(c, neighbour, o.asset, o.to, o.amount)
	case "void":
		return &ledger.Refusal{Code: o.from, Reason: "a chain on the route has refused it"}
	case "lock", "commit", "abort":
		return x.obeyCoordinator(c, source, o)
	}
	return refuse("verb", "no order %q", o.verb)
}

// conclude acts on a verdict. A verdict without a pending order is a mistake of
// the other chain's contract and has no effect.
func (x Contract) conclude(c *ledger.Context, p *ledger.Packet) {
	var v verdict
	var o order
	if ledger.Decode("verdict", p.Payload, &v) != nil || !c.Load(pendingKey(p.Source, v.number), &o) {
		return
	}
	// A verdict counts once.
	c.Delete(pendingKey(p.Source, v.number))
	switch o.verb {
	case "transfer":
		x.concludeTransfer(c, p.Source, &o, v.outcome)
	case "lock", "commit", "abort":
		x.concludeLeg(c, &o, v.outcome)
	}
}
