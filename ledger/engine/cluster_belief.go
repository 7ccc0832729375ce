package engine

import (
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

// belief turns what single replicas say into what a [Cluster] records. A block is believed when f+1 replicas have
// executed it alike, one of which is correct; it is certified by the first execution certificate that any of them
// shows. It is not safe for concurrent use.
type belief struct {
	record *Recorder
	enough int // f+1

	votes    map[uint64]map[ledger.Hash]int   // by height
	believed map[uint64]ledger.CommittedBlock // by height, until its turn
	heights  map[uint64]uint64                // height of the block made by PBFT's batch, until it is certified
	proofs   map[uint64]ledger.FinalityProof  // by batch, until its block is known
	attached uint64                           // highest batch whose block is certified
}

func newBelief(record *Recorder, faulty int) belief {
	return belief{
		record: record, enough: faulty + 1, votes: map[uint64]map[ledger.Hash]int{}, believed: map[uint64]ledger.CommittedBlock{},
		heights: map[uint64]uint64{}, proofs: map[uint64]ledger.FinalityProof{},
	}
}

// report counts what one replica has executed.
func (b *belief) report(e executed) {
	height := e.block.Header.Height
	if height <= b.record.Height() {
		return
	}
	if b.votes[height] == nil {
		b.votes[height] = map[ledger.Hash]int{}
	}
	hash := e.block.Header.Hash()
	if b.votes[height][hash]++; b.votes[height][hash] == b.enough {
		b.believed[height] = e.block
		b.heights[e.seq] = height
	}
}

// advance records believed blocks in order and returns them. Replicas that were restored from a snapshot have skipped
// some, so the f+1 reports of one block may be complete before those of the one below.
func (b *belief) advance() []ledger.CommittedBlock {
	var out []ledger.CommittedBlock
	for {
		height := b.record.Height() + 1
		block, ready := b.believed[height]
		if !ready {
			break
		}
		b.record.Add(block)
		delete(b.believed, height)
		delete(b.votes, height)
		out = append(out, block)
	}
	for seq, proof := range b.proofs {
		b.attach(seq, proof)
	}
	return out
}

// certificate takes an execution certificate of any replica.
func (b *belief) certificate(cert pbft.ExecutionCertificate) {
	seq := cert.Header.Seq
	if _, due := b.heights[seq]; !due && seq <= b.attached {
		return // certified already, or a batch that made no block
	}
	// A change of the set of replicas is not offered by this engine, so every certificate is of epoch 0.
	proof, err := ledger.NewPBFTProof(&cert, nil)
	if err != nil {
		return
	}
	if _, known := b.proofs[seq]; !known {
		b.proofs[seq] = proof
	}
	b.attach(seq, b.proofs[seq])
}

// attach certifies the block of a batch once it is recorded. All blocks below it are known by then, so whatever earlier
// batch still has none made none.
func (b *belief) attach(seq uint64, proof ledger.FinalityProof) {
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
	b.record.Certify(height, proof)
}
