package node

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

// books keeps the chain of one replica in its [Store]: blocks, certificates,
// the places of transactions, and the states of checkpoints.
//
// # Crashes
//
// The protocol's log decides about the order; the store follows it. A block is
// written some milliseconds after its execution, together with others. A
// checkpoint makes the log forget the blocks below it. Therefore the blocks and
// the state of a checkpoint are written and synced before the checkpoint enters
// the log (see storage.go). After a crash the log restores the last checkpoint
// and executes the batches after it again. Their blocks can be in the store
// already: an equal block has no effect, and another block under the same
// height stops the replica.
//
//	crash before the store is written     the log has the batches; they are executed again
//	crash between store and log           the store is ahead; the same batches are executed again
//	crash after both                      nothing is repeated below the checkpoint
//
// A replica that restores the state of others has a gap of blocks, which it
// fetches from them.
type books struct {
	store   Store
	writing sync.Mutex // one write at a time, so that they are in order

	mu        sync.Mutex
	pending   map[uint64]ledger.CommittedBlock // executed and not written, by height
	places    map[ledger.TxID]ledger.Location  // of their transactions
	fresh     map[uint64][]byte                // certificates that are not written, by height
	waiting   map[ledger.Hash]uint64           // heights without certificate, by header
	head      uint64                           // highest block
	complete  uint64                           // no block up to this height is missing
	certified uint64                           // highest height with a certificate
	proven    uint64                           // no certificate up to this height is missing
	epochs    []pbft.EpochProof
	txs       uint64        // transactions executed since the start
	changed   chan struct{} // closed and replaced at every change
	fault     error         // the first one; the replica stops
}

// maxWaiting bounds the headers without certificate. The oldest are dropped;
// their certificates come from other replicas.
const maxWaiting = 4096

// Keys of the store. Numbers have a fixed length, so that keys sort by height.
const (
	keyHead      = "head"      // height of the highest block
	keyComplete  = "complete"  // height below which no block is missing
	keyCertified = "certified" // highest height with a certificate
	keyProven    = "proven"    // height below which no certificate is missing
	keyEpochs    = "epochs"    // proofs of the changes of replicas
	keyChain     = "chain"     // id of the chain, so that the blocks of two chains never mix
)

func blockKey(height uint64) string         { return fmt.Sprintf("block/%016x", height) }
func certificateKey(height uint64) string   { return fmt.Sprintf("certificate/%016x", height) }
func placeKey(id ledger.TxID) string        { return "transaction/" + string(id[:]) }
func stateKey(seq uint64) string            { return fmt.Sprintf("state/%016x", seq) }
func statePartKey(seq uint64, n int) string { return fmt.Sprintf("state/%016x/%06x", seq, n) }
func number(n uint64) []byte                { return binary.BigEndian.AppendUint64(nil, n) }
func epochsLayout(c *codec.Coder, e *[]pbft.EpochProof) {
	codec.List(c, e, 1<<16, func(c *codec.Coder, p *pbft.EpochProof) {
		var b []byte
		if !c.Decoding() {
			b, _ = p.MarshalBinary() // does not fail
		}
		c.Bytes(&b, 1<<16)
		if c.Decoding() && c.Err() == nil {
			if err := p.UnmarshalBinary(b); err != nil {
				c.Fail(err)
			}
		}
	})
}

// openBooks reads the ends of a store. It reads no block, so that its duration
// does not grow with the chain.
func openBooks(s Store) (*books, error) {
	b := &books{
		store: s, pending: map[uint64]ledger.CommittedBlock{}, places: map[ledger.TxID]ledger.Location{},
		fresh: map[uint64][]byte{}, waiting: map[ledger.Hash]uint64{}, changed: make(chan struct{}),
	}
	// A new store has none of these keys, and all heights are 0.
	for key, n := range map[string]*uint64{keyHead: &b.head, keyComplete: &b.complete, keyCertified: &b.certified, keyProven: &b.proven} {
		v, err := s.Get(key)
		if err != nil {
			return nil, err
		}
		if v != nil && len(v) != 8 {
			return nil, fmt.Errorf("node: store: %q has %d bytes, want 8; the file is damaged", key, len(v))
		}
		if v != nil {
			*n = binary.BigEndian.Uint64(v)
		}
	}
	v, err := s.Get(keyEpochs)
	if err == nil && v != nil {
		err = codec.Decode(v, func(c *codec.Coder) { epochsLayout(c, &b.epochs) })
	}
	return b, err
}

// claim binds the store to a chain. The log has an owner, too, but a replica
// without its log, or with the store of another folder, would else serve the
// blocks of another chain. The store of another replica of the same chain is
// accepted: its blocks are the same.
func (b *books) claim(chain ledger.Hash) error {
	v, err := b.store.Get(keyChain)
	switch {
	case err != nil:
		return err
	case v == nil:
		return b.store.Write([]Entry{{keyChain, chain[:]}})
	case !bytes.Equal(v, chain[:]):
		return fmt.Errorf("node: the store has chain %x, the genesis is that of chain %s; start with the genesis of the "+
			"store, or in another folder", v, chain)
	}
	return nil
}

// executed notes a block of the own replica. The replica stops if the store has
// another block under its height, because one of the two is wrong.
func (b *books) executed(block ledger.CommittedBlock) {
	height := block.Header.Height
	// The disk is read before the lock is taken: queries would else wait for
	// it.
	var old *ledger.CommittedBlock
	var err error
	if e, _ := b.ends(); height <= e.Head { // a block that is executed again
		old, err = b.block(height)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err != nil:
		b.fail(err)
	case old != nil && old.Header != block.Header:
		b.fail(fmt.Errorf("node: block %d of the store is %s, execution gives %s; restore the folder from a copy, "+
			"or start it without its log", height, old.Header.Hash(), block.Header.Hash()))
	case old == nil:
		b.note(block)
	}
	if c, err := b.certificateLocked(height); err == nil && c == nil {
		b.await(block.Header.Hash(), height)
	}
	b.txs += uint64(len(block.Txs))
	b.notify()
}

// reach notes the height of the machine. It is above the highest block if the
// replica has restored the state of others; the blocks below are then missing.
func (b *books) reach(height uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if height > b.head {
		b.head = height
		b.advance()
		b.notify()
	}
}

// await expects the certificate of a header. The caller holds the lock.
func (b *books) await(header ledger.Hash, height uint64) {
	if len(b.waiting) >= maxWaiting {
		maps.DeleteFunc(b.waiting, func(_ ledger.Hash, at uint64) bool { return at+maxWaiting/2 < height })
	}
	b.waiting[header] = height
}

// note keeps a block until it is written. The caller holds the lock.
func (b *books) note(block ledger.CommittedBlock) {
	height := block.Header.Height
	b.pending[height] = block
	for i := range block.Receipts {
		// A repeated transaction is refused under the same id; its first
		// receipt is the valid one.
		id := block.Receipts[i].ID
		if _, has := b.places[id]; has {
			continue
		}
		if v, err := b.store.Get(placeKey(id)); err == nil && v == nil {
			b.places[id] = ledger.Location{Height: height, Index: uint64(i)}
		}
	}
	b.head = max(b.head, height)
	b.advance()
}

// advance moves the ends over blocks and certificates that are here. The caller
// holds the lock.
func (b *books) advance() {
	for b.complete < b.head {
		if _, has := b.pending[b.complete+1]; !has {
			if v, err := b.store.Get(blockKey(b.complete + 1)); err != nil || v == nil {
				break
			}
		}
		b.complete++
	}
	// Certificates can come in any order, since those of several heights gather
	// at the same time.
	for b.proven < b.certified {
		if _, has := b.fresh[b.proven+1]; !has {
			if v, err := b.store.Get(certificateKey(b.proven + 1)); err != nil || v == nil {
				break
			}
		}
		b.proven++
	}
}

// notify wakes all waiting calls. The caller holds the lock.
func (b *books) notify() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// fail keeps the first fault. The caller holds the lock.
func (b *books) fail(err error) {
	if b.fault == nil {
		b.fault = err
	}
}

// failed returns the first fault.
func (b *books) failed() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.fault
}

// certify keeps the certificate of a block. A certificate of a batch without
// block certifies the block before it, whose header it repeats as the state.
func (b *books) certify(c *pbft.ExecutionCertificate) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	// The state root of a batch is the hash of the header of its block, so that
	// the certificate of the batch is that of the block.
	height, due := b.waiting[ledger.Hash(c.Header.StateRoot)]
	if !due {
		return nil
	}
	// The first certificate of a header is enough; others differ in their
	// signers only.
	delete(b.waiting, ledger.Hash(c.Header.StateRoot))
	proof, err := ledger.NewPBFTProof(c, b.epochs)
	if err != nil {
		return err
	}
	b.prove(height, proof)
	return nil
}

// prove keeps the proof of a height. The caller holds the lock.
func (b *books) prove(height uint64, p ledger.FinalityProof) {
	b.fresh[height] = p.Data
	b.certified = max(b.certified, height)
	b.advance()
	b.notify()
}

// fetched adds what another replica has sent and the caller has verified.
func (b *books) fetched(block *ledger.CommittedBlock, header *ledger.CertifiedHeader) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if block != nil {
		b.note(*block)
		b.notify()
	}
	if header != nil {
		delete(b.waiting, header.Header.Hash())
		b.prove(header.Header.Height, header.Proof)
	}
}

// block returns a block, or nil if it is not here.
func (b *books) block(height uint64) (*ledger.CommittedBlock, error) {
	b.mu.Lock()
	block, has := b.pending[height]
	b.mu.Unlock()
	if has {
		return &block, nil
	}
	v, err := b.store.Get(blockKey(height))
	if err != nil || v == nil {
		return nil, err
	}
	return &block, ledger.Decode("stored block", v, &block)
}

// certificate returns the finality proof of a height, or nil if it is not here.
func (b *books) certificate(height uint64) (*ledger.FinalityProof, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.certificateLocked(height)
}

func (b *books) certificateLocked(height uint64) (*ledger.FinalityProof, error) {
	data, has := b.fresh[height]
	if !has {
		var err error
		if data, err = b.store.Get(certificateKey(height)); err != nil || data == nil {
			return nil, err
		}
	}
	return &ledger.FinalityProof{Kind: ledger.ProofPBFT, Data: data}, nil
}

// locate returns the place of a transaction, and false if it is in no block
// here. For a repeated transaction it is the place of the first execution.
func (b *books) locate(id ledger.TxID) (at ledger.Location, has bool, err error) {
	b.mu.Lock()
	at, has = b.places[id]
	b.mu.Unlock()
	if has {
		return at, true, nil
	}
	v, err := b.store.Get(placeKey(id))
	if err != nil || v == nil {
		return at, false, err
	}
	return at, true, ledger.Decode("place of a transaction", v, &at)
}

// ends are the heights of books at one time.
type ends struct {
	Heights
	txs uint64 // transactions executed since the start
}

// ends returns the heights, and a channel that is closed at the next change.
func (b *books) ends() (ends, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return ends{Heights{b.head, b.complete, b.certified, b.proven}, b.txs}, b.changed
}

// flush writes all blocks and certificates, together with more entries, in one
// transaction.
func (b *books) flush(more ...Entry) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	// Readers need the lock only for the time in which the entries are
	// collected.
	b.mu.Lock()
	entries := more
	blocks, certificates := make([]uint64, 0, len(b.pending)), make([]uint64, 0, len(b.fresh))
	for height, block := range b.pending {
		blocks = append(blocks, height)
		entries = append(entries, Entry{blockKey(height), ledger.Encode(&block)})
	}
	for height, data := range b.fresh {
		certificates = append(certificates, height)
		entries = append(entries, Entry{certificateKey(height), data})
	}
	for id, at := range b.places {
		entries = append(entries, Entry{placeKey(id), ledger.Encode(&at)})
	}
	if len(entries) == 0 {
		b.mu.Unlock()
		return nil
	}
	entries = append(entries, Entry{keyHead, number(b.head)}, Entry{keyComplete, number(b.complete)},
		Entry{keyCertified, number(b.certified)}, Entry{keyProven, number(b.proven)})
	places := slices.Collect(maps.Keys(b.places))
	b.mu.Unlock()
	// The write waits for the disk without the lock. Blocks that are executed
	// meanwhile stay for the next one.
	if err := b.store.Write(entries); err != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.fail(err)
		return err
	}
	// Entries leave the memory after they are in the store, so that readers
	// always find them.
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, height := range blocks {
		delete(b.pending, height)
	}
	for _, height := range certificates {
		delete(b.fresh, height)
	}
	for _, id := range places {
		delete(b.places, id)
	}
	return nil
}
