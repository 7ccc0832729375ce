package engine

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

// A PBFT replica that forgets how it has voted may contradict itself, and must not vote again under its key. An engine
// that goes on from an export therefore gives every replica back what it had written down: its [pbft.Record]s. Here
// they are kept, and put into exports.

// domainMemory is the domain of the statement that a replica signs about its records.
const domainMemory = "vpp/ledger/memory/v1"

// memory is the storage of one replica. It lives as long as the process; an export is how it outlives it.
type memory struct {
	mu      sync.Mutex
	storage pbft.MemoryStorage
}

var _ pbft.Storage = (*memory)(nil)

// Load implements [pbft.Storage].
func (m *memory) Load() ([]pbft.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.storage.Load()
}

// Append implements [pbft.Storage].
func (m *memory) Append(records []pbft.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.storage.Append(records)
}

// Close implements [pbft.Storage].
func (*memory) Close() error { return nil }

// savedMemory is a replica's memory in an export: which of the export's records are in it, in order, and the replica's
// signature under all of them, so that nobody else can make it forget a vote.
type savedMemory struct {
	records   []uint32
	signature pbft.Signature
}

func (m *savedMemory) Layout(c *codec.Coder) {
	codec.List(c, &m.records, maxRecords, (*codec.Coder).Uint32)
	c.Fixed(m.signature[:])
}

// maxRecords bounds the records of one replica: those of its window of batches, with room to spare.
const maxRecords = 1 << 20

// savedRecord is an encoded [pbft.Record]. Most records are the same for all replicas and are in the export once.
type savedRecord struct{ data []byte }

func (r *savedRecord) Layout(c *codec.Coder) { c.Bytes(&r.data, maxFrame) }

// memoryStatement is what a replica signs: its records by their hashes, as of a block.
func memoryStatement(chain ledger.Hash, replica int, head ledger.Hash, records []ledger.Hash) []byte {
	h := ledger.HashOf(domainMemory, chain[:], ledger.Encode(&ledger.Counter{N: uint64(replica)}), head[:], codec.Encode(func(c *codec.Coder) {
		codec.List(c, &records, maxRecords, func(c *codec.Coder, h *ledger.Hash) { c.Fixed(h[:]) })
	}))
	return h[:]
}

// remember writes the replicas' memories into an export of the chain up to head.
func (e *ensemble) remember(out *exportWriter, head ledger.Hash) error {
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

// recall gives the replicas back what they knew when the export was made.
func (e *ensemble) recall(a *exported) error {
	if len(a.memories) == 0 {
		return fmt.Errorf("%w: it holds no replicas' memories; an engine that keeps its own store goes on from that", ErrContinue)
	}
	if len(a.memories) != len(e.memories) {
		return fmt.Errorf("%w: it holds the memories of %d replicas, the engine has %d", ErrContinue, len(a.memories), len(e.memories))
	}
	head := a.headHash()
	verifier := e.genesis.Rule.Verifier()
	hashes := make([]ledger.Hash, len(a.records))
	for i, b := range a.records {
		hashes[i] = sha256.Sum256(b)
	}
	for i := range a.memories {
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
			return fmt.Errorf("%w: the memory of replica %d is not signed by it, or not for this chain", ErrContinue, i)
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

// ErrContinue says why an engine cannot go on from an export.
var ErrContinue = errors.New("ledger: the engine cannot go on from this export")
