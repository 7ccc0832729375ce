package engine

import (
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

// tally combines the reports of single replicas into the record of a [Cluster].
// A block is agreed when f+1 replicas have executed it with the same result. It
// is certified by the first execution certificate of any replica. tally is not
// safe for concurrent use.
type tally struct {
	record *Recorder
	epochs *epochLog

	votes    map[uint64]map[ledger.Hash]int       // by height
	agreed   map[uint64]ledger.CommittedBlock     // by height, until all lower blocks are recorded
	heights  map[uint64]uint64                    // height of the block of a batch, until certified
	proofs   map[uint64]pbft.ExecutionCertificate // by batch, until its block is recorded
	attached uint64                               // highest batch whose block is certified
}

// newTally returns an empty tally. epochs has the sets of replicas.
func newTally(record *Recorder, epochs *epochLog) tally {
	return tally{
		record: record, epochs: epochs, votes: map[uint64]map[ledger.Hash]int{}, agreed: map[uint64]ledger.CommittedBlock{},
		heights: map[uint64]uint64{}, proofs: map[uint64]pbft.ExecutionCertificate{},
	}
}

// report counts a block that a replica has executed. For example, in a cluster
// of 4 with f = 1 the second equal report makes a block agreed. Only members of
// the block's epoch count, because f of them is the number that may be
// Byzantine.
func (b *tally) report(from pbft.ReplicaID, e executed) {
	height := e.block.Header.Height
	members := b.epochs.at(e.epoch)
	if height <= b.record.Height() || !members.Contains(from) {
		return
	}
	if b.votes[height] == nil {
		b.votes[height] = map[ledger.Hash]int{}
	}
	hash := e.block.Header.Hash()
	if b.votes[height][hash]++; b.votes[height][hash] == members.Weak() {
		b.agreed[height] = e.block
		b.heights[e.seq] = height
	}
}

// advance records agreed blocks in order and returns them. A replica that
// restored a snapshot skips blocks, so the f+1 reports of a block may be
// complete before those of the block below it.
func (b *tally) advance() []ledger.CommittedBlock {
	var out []ledger.CommittedBlock
	for {
		height := b.record.Height() + 1
		block, ready := b.agreed[height]
		if !ready {
			break
		}
		b.record.Add(block)
		delete(b.agreed, height)
		delete(b.votes, height)
		out = append(out, block)
	}
	// Certificates may arrive before the f+1 reports of their block.
	for seq, proof := range b.proofs {
		b.attach(seq, proof)
	}
	return out
}

// certificate records an execution certificate of any replica.
func (b *tally) certificate(cert pbft.ExecutionCertificate) {
	seq := cert.Header.Seq
	if _, due := b.heights[seq]; !due && seq <= b.attached {
		return // certified already, or a batch without a block
	}
	// All certificates of a batch certify the same header, so the first one
	// suffices.
	if _, known := b.proofs[seq]; !known {
		b.proofs[seq] = cert
	}
	b.attach(seq, b.proofs[seq])
}

// attach certifies the block of a batch once it is recorded. All lower blocks
// are recorded by then, so an earlier batch without a block never gets one, and
// its proof is dropped.
func (b *tally) attach(seq uint64, proof pbft.ExecutionCertificate) {
	height, known := b.heights[seq]
	if !known || height > b.record.Height() {
		return
	}
	delete(b.proofs, seq)
	delete(b.heights, seq)
	b.attached = max(b.attached, seq)
	for other := range b.proofs {
		if _, block := b.heights[other]; other < seq && !block {
			delete(b.proofs, other)
		}
	}
	b.record.CertifyBy(height, b.epochs.prove(proof))
}
