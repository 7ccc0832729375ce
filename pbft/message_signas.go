package pbft

// SignAs returns a copy of m with the signature of replica id. A message
// without a signature is returned unchanged. Simulated traitors sign changed
// statements with it; correct replicas do not use it.
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
	case *Status:
		c := *m
		c.Replica = id
		c.Signature = signer.Sign(c.statement(chain))
		return &c
	case *NewView:
		c := *m
		c.Proposals = append([]Proposal(nil), m.Proposals...)
		// A NEW-VIEW contains proposals, each with a signature of its own.
		for i := range c.Proposals {
			c.Proposals[i].Signature = signer.Sign(c.Proposals[i].statement(chain, id))
		}
		c.Signature = signer.Sign(c.statement(chain, id))
		return &c
	}
	return m
}
