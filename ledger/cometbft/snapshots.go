package cometbft

import (
	"bytes"
	"context"
	"crypto/sha256"
	"slices"
	"sync"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

const (
	snapshotFormat = 1       // the only format
	snapshotChunk  = 1 << 20 // bytes
	snapshotsKept  = 2       // number of snapshots that a node offers
	maxChunks      = 1 << 14 // 16 GiB of state
)

// snapshots has the last snapshots of this node and the one that it is
// receiving. Metadata lists the hash of each chunk, so that a bad chunk is
// detected early. The restored state is accepted only if its last header has
// the application hash that CometBFT's light client has verified.
type snapshots struct {
	interval int64 // CometBFT heights between two snapshots

	mu       sync.Mutex
	own      []snapshot     // ascending by height
	offered  *abci.Snapshot // the snapshot that is being received, or nil
	appHash  ledger.Hash    // certified application hash of the offered snapshot
	received [][]byte       // chunks so far
}

// snapshot is the state at one CometBFT height.
type snapshot struct {
	height int64
	data   []byte
}

// chunks returns the parts in which a snapshot is sent.
func (s *snapshot) chunks() [][]byte { return slices.Collect(slices.Chunk(s.data, snapshotChunk)) }

// describe returns the snapshot's offer to other nodes.
func (s *snapshot) describe() *abci.Snapshot {
	d := &abci.Snapshot{Height: uint64(s.height), Format: snapshotFormat}
	for _, c := range s.chunks() {
		hash := sha256.Sum256(c)
		d.Metadata = append(d.Metadata, hash[:]...)
		d.Chunks++
	}
	d.Hash = snapshotHash(d)
	return d
}

// snapshotHash identifies a snapshot by its chunks and its height.
func snapshotHash(d *abci.Snapshot) []byte {
	hash := sha256.Sum256(codec.Encode(func(c *codec.Coder) {
		c.Fixed(d.Metadata)
		c.Uint64(&d.Height)
	}))
	return hash[:]
}

// take stores a snapshot of the state at every interval.
func (s *snapshots) take(height int64, m ledger.StateMachine) error {
	if s.interval < 0 || height%s.interval != 0 {
		return nil
	}
	var b bytes.Buffer
	if err := m.Snapshot(&b); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.own = append(s.own, snapshot{height, b.Bytes()})
	s.own = slices.Delete(s.own, 0, max(0, len(s.own)-snapshotsKept))
	return nil
}

// ListSnapshots implements [abci.Application].
func (a *Application) ListSnapshots(context.Context, *abci.RequestListSnapshots) (*abci.ResponseListSnapshots, error) {
	a.snapshots.mu.Lock()
	defer a.snapshots.mu.Unlock()
	out := &abci.ResponseListSnapshots{}
	for i := range a.snapshots.own {
		out.Snapshots = append(out.Snapshots, a.snapshots.own[i].describe())
	}
	return out, nil
}

// LoadSnapshotChunk implements [abci.Application]. An unknown chunk is empty.
func (a *Application) LoadSnapshotChunk(_ context.Context, r *abci.RequestLoadSnapshotChunk) (*abci.ResponseLoadSnapshotChunk, error) {
	a.snapshots.mu.Lock()
	defer a.snapshots.mu.Unlock()
	for _, s := range a.snapshots.own {
		if chunks := s.chunks(); uint64(s.height) == r.Height && r.Format == snapshotFormat && int(r.Chunk) < len(chunks) {
			return &abci.ResponseLoadSnapshotChunk{Chunk: chunks[r.Chunk]}, nil
		}
	}
	return &abci.ResponseLoadSnapshotChunk{}, nil
}

// OfferSnapshot implements [abci.Application]. It checks form and hash; the
// content is checked after the last chunk.
func (a *Application) OfferSnapshot(_ context.Context, r *abci.RequestOfferSnapshot) (*abci.ResponseOfferSnapshot, error) {
	s := &a.snapshots
	s.mu.Lock()
	defer s.mu.Unlock()
	d := r.Snapshot
	switch {
	case d == nil || d.Height == 0 || len(r.AppHash) != len(s.appHash):
		return &abci.ResponseOfferSnapshot{Result: abci.ResponseOfferSnapshot_REJECT}, nil
	case d.Format != snapshotFormat:
		return &abci.ResponseOfferSnapshot{Result: abci.ResponseOfferSnapshot_REJECT_FORMAT}, nil
	case d.Chunks == 0 || d.Chunks > maxChunks || len(d.Metadata) != int(d.Chunks)*sha256.Size || !bytes.Equal(d.Hash, snapshotHash(d)):
		return &abci.ResponseOfferSnapshot{Result: abci.ResponseOfferSnapshot_REJECT}, nil
	}
	s.offered, s.appHash, s.received = d, ledger.Hash(r.AppHash), nil
	return &abci.ResponseOfferSnapshot{Result: abci.ResponseOfferSnapshot_ACCEPT}, nil
}

// ApplySnapshotChunk implements [abci.Application]. Chunks arrive in order.
func (a *Application) ApplySnapshotChunk(_ context.Context, r *abci.RequestApplySnapshotChunk) (*abci.ResponseApplySnapshotChunk, error) {
	s := &a.snapshots
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.offered == nil || int(r.Index) != len(s.received) || r.Index >= s.offered.Chunks {
		return &abci.ResponseApplySnapshotChunk{Result: abci.ResponseApplySnapshotChunk_ABORT}, nil
	}
	hash := sha256.Sum256(r.Chunk)
	if !bytes.Equal(hash[:], s.offered.Metadata[int(r.Index)*sha256.Size:][:sha256.Size]) {
		// CometBFT requests the chunk again, from another sender.
		out := &abci.ResponseApplySnapshotChunk{Result: abci.ResponseApplySnapshotChunk_RETRY, RefetchChunks: []uint32{r.Index}}
		if r.Sender != "" {
			out.RejectSenders = []string{r.Sender}
		}
		return out, nil
	}
	if s.received = append(s.received, r.Chunk); len(s.received) < int(s.offered.Chunks) {
		return &abci.ResponseApplySnapshotChunk{Result: abci.ResponseApplySnapshotChunk_ACCEPT}, nil
	}
	offered, data := s.offered, bytes.Join(s.received, nil)
	s.offered, s.received = nil, nil
	// The hash comes from CometBFT's light client, so a snapshot of another
	// state is rejected here.
	if err := a.machine.Restore(bytes.NewReader(data), s.appHash); err != nil {
		return &abci.ResponseApplySnapshotChunk{Result: abci.ResponseApplySnapshotChunk_REJECT_SNAPSHOT}, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.height, a.executed = int64(offered.Height), nil
	a.headers = map[int64]ledger.Header{a.height: a.machine.Head()}
	return &abci.ResponseApplySnapshotChunk{Result: abci.ResponseApplySnapshotChunk_ACCEPT}, nil
}
