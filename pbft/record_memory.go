package pbft

import "slices"

// MemoryStorage keeps the records of one replica in memory, encoded. It
// outlives a [Node] but not the process, so it serves simulations of crashes
// and logs whose owner exports them. It implements the Storage interface of
// package replica, without I/O. The zero value is ready for use. It is not safe
// for concurrent use.
type MemoryStorage struct {
	records [][]byte // encoded, so that nothing is shared with a running node
	seqs    []uint64 // Record.Seq of each; 0 for records without a number
}

// Load returns all records that are not superseded, in the order of Append.
func (s *MemoryStorage) Load() ([]Record, error) {
	out := make([]Record, len(s.records))
	for i, b := range s.records {
		r, err := DecodeRecord(slices.Clone(b))
		if err != nil {
			return nil, err
		}
		out[i] = r
	}
	return out, nil
}

// Append adds records. A stable checkpoint among them removes the records that
// it supersedes.
func (s *MemoryStorage) Append(records []Record) error {
	for i := range records {
		r := &records[i]
		seq, _ := r.Seq()
		if r.Stable != nil {
			s.compact(r.Stable.Certificate.Header.Seq)
		}
		s.records = append(s.records, EncodeRecord(*r))
		s.seqs = append(s.seqs, seq)
	}
	return nil
}

// compact removes the records that a stable checkpoint at low supersedes:
// numbered records up to low, older checkpoints, and all but the latest record
// of each kind about views.
func (s *MemoryStorage) compact(low uint64) {
	latest := map[byte]int{}
	for i, b := range s.records {
		latest[b[0]] = i // b[0] is the kind
	}
	var records [][]byte
	var seqs []uint64
	for i, b := range s.records {
		keep := s.seqs[i] > low
		if s.seqs[i] == 0 {
			keep = b[0] != recordStable && latest[b[0]] == i
		}
		if keep {
			records, seqs = append(records, b), append(seqs, s.seqs[i])
		}
	}
	s.records, s.seqs = records, seqs
}

// Size returns the number of bytes held.
func (s *MemoryStorage) Size() int {
	n := 0
	for _, b := range s.records {
		n += len(b)
	}
	return n
}

// Close does nothing: the records remain for the next Load.
func (*MemoryStorage) Close() error { return nil }
