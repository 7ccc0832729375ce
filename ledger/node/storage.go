package node

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/replica"
)

// storage is the log of the replica, with the states of checkpoints in the
// store. Blocks and state are durable before the log refers to the checkpoint,
// see books.
type storage struct {
	log   replica.Storage
	books *books
	last  uint64 // number of the latest checkpoint of the log
}

var _ replica.Storage = (*storage)(nil)

// Claim binds the log to its replica, if it can be bound.
func (s *storage) Claim(o replica.Owner) error {
	if owned, ok := s.log.(interface{ Claim(o replica.Owner) error }); ok {
		return owned.Claim(o)
	}
	return nil
}

// losses is a log that knows whether the replica has lost votes.
type losses interface {
	Observing() bool
	Observe(observing bool) error
}

// Observing reports whether the log states that the replica observes, so that a
// crash while it observes does not make it vote.
func (s *storage) Observing() bool {
	l, has := s.log.(losses)
	return has && l.Observing()
}

// Observe has the log state whether the replica observes.
func (s *storage) Observe(observing bool) error {
	if l, has := s.log.(losses); has {
		return l.Observe(observing)
	}
	return nil
}

// Load implements [replica.Storage].
func (s *storage) Load() ([]pbft.Record, error) {
	records, err := s.log.Load()
	if err != nil {
		return nil, err
	}
	for i := range records {
		stable := records[i].Stable
		if stable == nil {
			continue
		}
		// The record of the log has the certificate of a state, and the store
		// has the state itself.
		with := *stable
		s.last = with.Certificate.Header.Seq
		state, err := s.books.state(s.last)
		if err != nil {
			return nil, err
		}
		with.State = pbft.NewStateParts(state)
		records[i].Stable = &with
	}
	return records, nil
}

// Append implements [replica.Storage]. An error of the store stops the replica,
// as one of the log does.
func (s *storage) Append(records []pbft.Record) error {
	if err := s.books.failed(); err != nil {
		return err
	}
	out := append([]pbft.Record(nil), records...)
	var dropped []Entry
	for i := range out {
		stable := out[i].Stable
		if stable == nil {
			continue
		}
		seq := stable.Certificate.Header.Seq
		s.books.learn(stable.Epochs)
		entries := stateEntries(seq, stable.State.Join())
		entries = append(entries, Entry{keyEpochs, codec.Encode(func(c *codec.Coder) { epochsLayout(c, &stable.Epochs) })})
		// The store is synced before the log refers to the checkpoint. In the
		// other order a crash between them would leave a log without its state.
		if err := s.books.flush(entries...); err != nil {
			return err
		}
		// The state of a checkpoint that is written again keeps its keys and
		// must not be deleted.
		if s.last != seq {
			old, err := s.books.dropState(s.last)
			if err != nil {
				return err
			}
			dropped = append(dropped, old...)
		}
		without := *stable
		without.State = pbft.StateParts{}
		out[i].Stable, s.last = &without, seq
	}
	if err := s.log.Append(out); err != nil {
		return err
	}
	// The log refers to the new state now, so that the old one can go.
	if len(dropped) > 0 {
		return s.books.flush(dropped...)
	}
	return nil
}

// Close implements [replica.Storage]. The store stays open, because its owner
// closes it.
func (s *storage) Close() error { return errors.Join(s.books.flush(), s.log.Close()) }

// learn keeps the proofs of the changes of replicas for the certificates that
// follow.
func (b *books) learn(epochs []pbft.EpochProof) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.epochs = epochs
}

// statePart is the size of the values that hold a state, in bytes.
const statePart = 1 << 16

// stateEntries returns the entries of a checkpoint's state: its digest and
// size, and its parts.
func stateEntries(seq uint64, state []byte) []Entry {
	sum := sha256.Sum256(state)
	// The digest finds a part that is missing or from another state: parts of
	// two checkpoints have the same sizes.
	out := []Entry{{stateKey(seq), append(number(uint64(len(state))), sum[:]...)}}
	for i := 0; len(state) > 0; i++ {
		part := state[:min(len(state), statePart)]
		out = append(out, Entry{statePartKey(seq, i), part})
		state = state[len(part):]
	}
	return out
}

// errState is wrapped by errors about the state of a checkpoint that the log
// refers to.
var errState = errors.New("node: the store lacks the state of the log's checkpoint; restore chain.db from a copy, " +
	"or remove log and chain.db and start the replica without its log")

// state returns the state of a checkpoint.
func (b *books) state(seq uint64) ([]byte, error) {
	head, err := b.store.Get(stateKey(seq))
	if err != nil {
		return nil, err
	}
	if len(head) != 8+sha256.Size {
		return nil, fmt.Errorf("%w (number %d)", errState, seq)
	}
	size := binary.BigEndian.Uint64(head)
	var state []byte
	for i := 0; uint64(len(state)) < size; i++ {
		part, err := b.store.Get(statePartKey(seq, i))
		if err != nil {
			return nil, err
		}
		if part == nil {
			return nil, fmt.Errorf("%w (number %d, part %d)", errState, seq, i)
		}
		state = append(state, part...)
	}
	if sum := sha256.Sum256(state); uint64(len(state)) != size || string(sum[:]) != string(head[8:]) {
		return nil, fmt.Errorf("%w (number %d: its digest does not match)", errState, seq)
	}
	return state, nil
}

// dropState returns the entries that delete a state.
func (b *books) dropState(seq uint64) ([]Entry, error) {
	head, err := b.store.Get(stateKey(seq))
	if err != nil || len(head) < 8 {
		return nil, err
	}
	out := []Entry{{stateKey(seq), nil}}
	for i := range (binary.BigEndian.Uint64(head) + statePart - 1) / statePart {
		// The size of a damaged entry can be any number; the parts that exist
		// bound the loop.
		if part, err := b.store.Get(statePartKey(seq, int(i))); err != nil || part == nil {
			return out, err
		}
		out = append(out, Entry{statePartKey(seq, int(i)), nil})
	}
	return out, nil
}
