package engine

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/replica"
)

// A PBFT replica that loses its votes may contradict them, and must not vote
// again with the same key. An engine that continues an export therefore
// restores each replica's [pbft.Record] list. This file keeps the records and
// writes them into exports.

// domainMemory is the domain of the statement that a replica signs about its
// records.
const domainMemory = "vpp/ledger/memory/v1"

// memory is the storage of one replica. It lives as long as the process; an
// export preserves it.
type memory struct {
	mu      sync.Mutex
	storage pbft.MemoryStorage
}

var _ replica.Storage = (*memory)(nil)

// Load implements [replica.Storage]. A new engine has no records, and a
// continued one those of its export.
func (m *memory) Load() ([]pbft.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.storage.Load()
}

// Append implements [replica.Storage].
func (m *memory) Append(records []pbft.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.storage.Append(records)
}

// Close implements [replica.Storage].
func (*memory) Close() error { return nil }

// savedMemory is a replica's records in an export: their positions in the
// export's list of records, in order, and the replica's signature over all of
// them. The signature prevents others from removing a vote.
type savedMemory struct {
	records   []uint32
	signature pbft.Signature
}

// Layout implements [ledger.Coded].
func (m *savedMemory) Layout(c *codec.Coder) {
	codec.List(c, &m.records, maxRecords, (*codec.Coder).Uint32)
	c.Fixed(m.signature[:])
}

// maxRecords bounds the records of one replica. A replica keeps those of its
// window of batches only.
const maxRecords = 1 << 20

// savedRecord is an encoded [pbft.Record]. Most records are equal on all
// replicas and appear in the export once.
type savedRecord struct{ data []byte }

// Layout implements [ledger.Coded].
func (r *savedRecord) Layout(c *codec.Coder) { c.Bytes(&r.data, maxFrame) }

// memoryStatement returns the message that a replica signs: the hashes of its
// records at a block.
func memoryStatement(chain ledger.Hash, replica int, head ledger.Hash, records []ledger.Hash) []byte {
	h := ledger.HashOf(domainMemory, chain[:], ledger.Encode(&ledger.Counter{N: uint64(replica)}), head[:], codec.Encode(func(c *codec.Coder) {
		codec.List(c, &records, maxRecords, func(c *codec.Coder, h *ledger.Hash) { c.Fixed(h[:]) })
	}))
	return h[:]
}

// saveMemories writes the replicas' records into an export of the chain up to
// head.
func (e *ensemble) saveMemories(out *exportWriter, head ledger.Hash) error {
	place := map[ledger.Hash]uint32{}
	saved := make([]savedMemory, len(e.memories))
	for i, m := range e.memories {
		records, err := m.Load()
		if err != nil {
			return fmt.Errorf("ledger: memory of replica %d: %w", i, err)
		}
		hashes := make([]ledger.Hash, len(records))
		for k := range records {
			b := pbft.EncodeRecord(records[k])
			hashes[k] = sha256.Sum256(b)
			// Equal records are written once; replicas refer to them by
			// position.
			at, has := place[hashes[k]]
			if !has {
				at = uint32(len(place))
				place[hashes[k]] = at
				if err := out.frame(frameRecord, &savedRecord{b}); err != nil {
					return err
				}
			}
			saved[i].records = append(saved[i].records, at)
		}
		saved[i].signature = pbft.NewSigner(e.seeds[i]).Sign(memoryStatement(e.trust.Chain, i, head, hashes))
	}
	for i := range saved {
		if err := out.frame(frameMemory, &saved[i]); err != nil {
			return err
		}
	}
	return nil
}

// restoreMemories restores the replicas' records from an export and verifies
// their signatures.
func (e *ensemble) restoreMemories(a *exported) error {
	if len(a.memories) == 0 {
		return fmt.Errorf("%w: the export has no replicas' memories; continue an engine with its own store from that store", ErrContinue)
	}
	if len(a.memories) != len(e.memories) {
		return fmt.Errorf("%w: the export has the memories of %d replicas, the engine has %d", ErrContinue, len(a.memories), len(e.memories))
	}
	head := a.headHash()
	verifier := e.genesis.Rule.Verifier()
	hashes := make([]ledger.Hash, len(a.records))
	for i, b := range a.records {
		hashes[i] = sha256.Sum256(b)
	}
	for i := range a.memories {
		// The statement is rebuilt from the export; the replica's signature
		// shows whether it is complete.
		signed := make([]ledger.Hash, len(a.memories[i].records))
		for k, at := range a.memories[i].records {
			if int(at) >= len(a.records) {
				return fmt.Errorf("%w: memory of replica %d: record %d is missing", ErrContinue, i, at)
			}
			signed[k] = hashes[at]
		}
		said := pbft.Signed{
			Key: pbft.NewSigner(e.seeds[i]).Public(), Signature: a.memories[i].signature,
			Message: memoryStatement(e.trust.Chain, i, head, signed),
		}
		if !verifier.Verify(said) {
			return fmt.Errorf("%w: the memory of replica %d is not signed by the replica for this chain", ErrContinue, i)
		}
		records := make([]pbft.Record, len(signed))
		for k, at := range a.memories[i].records {
			var err error
			if records[k], err = pbft.DecodeRecord(a.records[at]); err != nil {
				return fmt.Errorf("%w: memory of replica %d: %w", ErrContinue, i, err)
			}
		}
		if err := e.memories[i].Append(records); err != nil {
			return err
		}
	}
	return nil
}

// ErrContinue is wrapped by errors about an export that the engine cannot
// continue.
var ErrContinue = errors.New("ledger: the engine cannot continue this export")
