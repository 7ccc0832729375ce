package pbft

// SignAs returns a copy of m with replica id's signature in the place where the message has one. It is how a simulated
// traitor makes a changed statement its own; a correct replica has no use for it. Messages without a signature are
// returned as they are.
func SignAs(chain Digest, id ReplicaID, signer Signer, m Message) Message {
	switch m := m.(type) {
	case *PrePrepare:
		c := *m
		c.Signature = signer.Sign(c.Proposal.statement(chain, id))
		return &c
	case *Vote:
		c := *m
		c.Replica = id
		c.Signature = signer.Sign(c.statement(chain))
		return &c
	case *ViewChange:
		c := *m
		c.Replica = id
		c.Signature = signer.Sign(c.statement(chain))
		return &c
	case *NewView:
		c := *m
		c.Proposals = append([]Proposal(nil), m.Proposals...)
		for i := range c.Proposals {
			c.Proposals[i].Signature = signer.Sign(c.Proposals[i].statement(chain, id))
		}
		c.Signature = signer.Sign(c.statement(chain, id))
		return &c
	}
	return m
}
