package pbft

import "slices"

// MemoryStorage is a Storage that survives its replica but not its process: for tests and simulations of a crash.
type MemoryStorage struct {
	records [][]byte // encoded, so that nothing is shared with a running replica
	seqs    []uint64 // 0 for records without a number
}

// Load implements [Storage].
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

// Append implements [Storage].
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

// compact drops what a checkpoint at low supersedes: numbered records up to it, older checkpoints, and all but the
// latest records about views.
func (s *MemoryStorage) compact(low uint64) {
	latest := map[byte]int{}
	for i, b := range s.records {
		latest[b[0]] = i
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

// Size is the number of bytes held.
func (s *MemoryStorage) Size() int {
	n := 0
	for _, b := range s.records {
		n += len(b)
	}
	return n
}

// Close implements [Storage].
func (*MemoryStorage) Close() error { return nil }
