package ledger

import (
	"fmt"

	"github.com/trigrid/trigrid/codec"
)

// Packet is a message from a contract of this chain to a contract of another one. All packets a chain has ever sent
// form one list, whose root is in every header; a packet is proved to another chain by its path under a certified
// header.
type Packet struct {
	Source      string // name of the chain that sends
	Destination string // name of the chain that is to receive
	Channel     string // packets of one channel between two chains arrive in order
	Number      uint64 // counts the packets of (Source, Destination, Channel) from 1
	Timeout     uint64 // last height of the destination at which it may still act on the packet
	Payload     []byte
}

func (p *Packet) Layout(c *codec.Coder) {
	c.String(&p.Source, MaxName)
	c.String(&p.Destination, MaxName)
	c.String(&p.Channel, MaxName)
	c.Uint64(&p.Number)
	c.Uint64(&p.Timeout)
	c.Bytes(&p.Payload, MaxOperation)
}

// MarshalBinary encodes the packet: the bytes that the outbox's tree commits to.
func (p *Packet) MarshalBinary() ([]byte, error) { return Encode(p), nil }

// UnmarshalBinary decodes what MarshalBinary wrote and refuses anything else.
func (p *Packet) UnmarshalBinary(b []byte) error { return Decode("packet", b, p) }

// Send appends a packet to the chain's outbox if the message is accepted. Names of more than 64 bytes, or a payload of
// more than 1 MiB, refuse the message with "<name>.packet".
func (c *Context) Send(p Packet) {
	if max(len(p.Source), len(p.Destination), len(p.Channel)) > MaxName || len(p.Payload) > MaxOperation {
		c.fail("packet", "a packet from %.64q to %.64q with names above %d bytes or a payload above %d", p.Source, p.Destination, MaxName, MaxOperation)
		return
	}
	c.packets = append(c.packets, p)
}

func outboxKey(index uint64) string { return fmt.Sprintf("outbox/%d", index) }

// post appends packets to the outbox.
func (m *Machine) post(packets []Packet) {
	for i := range packets {
		b := Encode(&packets[i])
		m.state = m.state.Put(outboxKey(m.outbox.size()), b)
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

// VerifyPacket checks that h's chain has sent p.
func VerifyPacket(h *Header, p *Packet, path Path) error {
	if path.Size != h.Sent {
		return fmt.Errorf("%w: size %d, the header says %d", ErrPath, path.Size, h.Sent)
	}
	return path.Verify(h.OutboxRoot, Encode(p))
}
