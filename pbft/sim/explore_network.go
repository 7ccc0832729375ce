package sim

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/pbft"
)

// network holds all messages of an exploration, numbered in the order in which
// they were first sent.
type network struct {
	messages []sending
	ids      map[string]int32 // from sender, receivers and encoding to the number
	common   int              // messages before this number are there from the start
}

// sending is a message with its sender and receivers.
type sending struct {
	from    pbft.ReplicaID
	to      []pbft.ReplicaID
	message pbft.Message
}

// isFor reports whether the message was sent to a replica and can change its
// votes or executions within any scope. EXECUTED statements matter from the
// first checkpoint on only, and evidence has no effect that a timeout does not
// have.
func (m *sending) isFor(id int) bool {
	switch x := m.message.(type) {
	case *pbft.Evidence, *pbft.Status:
		return false
	case *pbft.Vote:
		if x.Type == pbft.KindExecuted {
			return false
		}
	}
	return slices.Contains(m.to, pbft.ReplicaID(id))
}

// String describes the message in a history.
func (m *sending) String() string {
	switch x := m.message.(type) {
	case *pbft.PrePrepare:
		return fmt.Sprintf("%d's PrePrepare of %v as %d in view %d", m.from, x.Digest, x.Seq, x.View)
	case *pbft.Vote:
		return fmt.Sprintf("%d's %v of %v as %d in view %d", m.from, x.Type, x.Digest, x.Seq, x.View)
	case *pbft.ViewChange:
		return fmt.Sprintf("%d's ViewChange to %d with %d certificates", m.from, x.View, len(x.Prepared))
	case *pbft.NewView:
		return fmt.Sprintf("%d's NewView %d with %d proposals", m.from, x.View, len(x.Proposals))
	}
	return fmt.Sprintf("%d's %v", m.from, m.message.Kind())
}

// add returns the number of a message. Receivers get a decoded copy, as over a
// wire.
func (n *network) add(m pbft.Message, from pbft.ReplicaID, to []pbft.ReplicaID) int32 {
	data := pbft.EncodeMessage(m)
	// Equal messages to different receivers are different messages, so that a
	// Byzantine replica can send each to some only.
	key := binary.BigEndian.AppendUint32(nil, uint32(from))
	for _, id := range to {
		key = binary.BigEndian.AppendUint32(key, uint32(id))
	}
	key = append(append(key, 0xff), data...)
	if id, known := n.ids[string(key)]; known {
		return id
	}
	received, err := pbft.DecodeMessage(data)
	if err != nil {
		panic(fmt.Sprintf("sim: a replica sends a message that does not decode: %v", err))
	}
	id := int32(len(n.messages))
	n.ids[string(key)] = id
	n.messages = append(n.messages, sending{from, to, received})
	return id
}

// equivocate adds the messages of the Byzantine replica 0, see
// Scope.Equivocates.
func (n *network) equivocate(s *Sim, scope Scope, requests []pbft.Request) {
	signer := s.ring.signer("replica", 0)
	others := []pbft.ReplicaID{1, 2, 3}
	say := func(m pbft.Message) { n.add(pbft.SignAs(s.chain, 0, signer, m), 0, others) }
	for seq := uint64(1); seq <= uint64(scope.Requests); seq++ {
		var digests []pbft.Digest
		for i := range requests {
			b := &pbft.Batch{Requests: requests[i : i+1]}
			digests = append(digests, b.Digest())
			say(&pbft.PrePrepare{Proposal: pbft.Proposal{Seq: seq, Digest: b.Digest()}, Batch: b})
		}
		for view := range scope.Views + 1 {
			// The null batch can be prepared only after a view change.
			votable := digests
			if view > 0 { // null batches start with view changes
				votable = append(slices.Clone(digests), pbft.NullDigest())
			}
			for _, d := range votable {
				// The primary of a view sends no PREPARE.
				if view%explored != 0 {
					say(&pbft.Vote{Type: pbft.KindPrepare, View: view, Seq: seq, Digest: d})
				}
				say(&pbft.Vote{Type: pbft.KindCommit, View: view, Seq: seq, Digest: d})
			}
		}
	}
	for view := uint64(1); view <= scope.Views; view++ {
		say(&pbft.ViewChange{View: view})
	}
}
