package ledger

import (
	"fmt"

	"github.com/trigrid/trigrid/codec"
)

// Packet is a message from a contract of this chain to a contract of another
// chain. All packets that a chain has sent form one list with a root in every
// header. A path under a certified header proves a packet to another chain.
type Packet struct {
	Source      string // name of the sending chain
	Destination string // name of the receiving chain
	Channel     string // packets of one channel between two chains arrive in order
	Number      uint64 // counts the packets of (Source, Destination, Channel) from 1
	// The destination may execute the packet until its height is above Timeout
	// and its block time is above Until.
	Timeout uint64
	Until   int64 // Unix ms
	Payload []byte
}

// Layout implements [Coded].
func (p *Packet) Layout(c *codec.Coder) {
	c.String(&p.Source, MaxName)
	c.String(&p.Destination, MaxName)
	c.String(&p.Channel, MaxName)
	c.Uint64(&p.Number)
	c.Uint64(&p.Timeout)
	codec.Int64(c, &p.Until)
	c.Bytes(&p.Payload, MaxOperation)
}

// MarshalBinary implements [encoding.BinaryMarshaler]. The result is the entry
// in the outbox tree.
func (p *Packet) MarshalBinary() ([]byte, error) { return Encode(p), nil }

// UnmarshalBinary implements [encoding.BinaryUnmarshaler].
func (p *Packet) UnmarshalBinary(b []byte) error { return Decode("packet", b, p) }

// Send appends a packet to the chain's outbox if the contract accepts the
// message. Names of more than 64 bytes and payloads of more than 1 MiB refuse
// the message with "<name>.packet".
func (c *Context) Send(p Packet) {
	if max(len(p.Source), len(p.Destination), len(p.Channel)) > MaxName || len(p.Payload) > MaxOperation {
		c.fail("packet", "a packet from %.64q to %.64q with names above %d bytes or a payload above %d", p.Source, p.Destination, MaxName, MaxOperation)
		return
	}
	c.packets = append(c.packets, p)
}

func outboxKey(index uint64) string { return fmt.Sprintf("outbox/%d", index) }

// post appends packets to the outbox. The state holds them as well, so that
// snapshots contain them.
func (m *Machine) post(d *draft, packets []Packet) {
	for i := range packets {
		b := Encode(&packets[i])
		d.put(outboxKey(m.outbox.size()), b)
		m.outbox.append(b)
	}
}

// Outbox implements [StateMachine].
func (m *Machine) Outbox(index, height uint64) (Packet, Path, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	v, err := m.version(height)
	if err != nil {
		return Packet{}, Path{}, err
	}
	b, has := v.state.Get(outboxKey(index))
	if !has {
		return Packet{}, Path{}, fmt.Errorf("ledger: packet %d is not among the %d sent up to height %d", index, v.header.Sent, height)
	}
	var p Packet
	mustDecode("packet", b, &p)
	return p, m.outbox.pathAt(index, v.header.Sent), nil
}

// VerifyPacket checks that the chain of h has sent p. The error wraps
// [ErrPath].
func VerifyPacket(h *Header, p *Packet, path Path) error {
	if path.Size != h.Sent {
		return fmt.Errorf("%w: the path is for %d packets, the header has %d", ErrPath, path.Size, h.Sent)
	}
	return path.Verify(h.OutboxRoot, Encode(p))
}
