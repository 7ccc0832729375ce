package replica

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/pbft"
)

// logOf appends a few frames to a new log and returns its only segment's path and the sizes after
// each frame.
func logOf(t *testing.T, f *fixture, frames int) (string, []int64) {
	dir := t.TempDir()
	s, err := OpenFileStorage(dir)
	require.NoError(t, err)
	path := s.path(1)
	var sizes []int64
	for i := range frames {
		p := f.prePrepare(0, uint64(i+1), f.batch(uint64(i+1)))
		c := f.prepared(0, uint64(i+1), p.Digest)
		require.NoError(t, s.Append([]pbft.Record{{Accepted: p}, {Prepared: &c}}))
		info, err := os.Stat(path)
		require.NoError(t, err)
		sizes = append(sizes, info.Size())
	}
	require.NoError(t, s.Close())
	return path, sizes
}

func reopen(path string, content []byte) ([]pbft.Record, error) {
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return nil, err
	}
	s, err := OpenFileStorage(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.Load()
}

// TestTornTailIsCutOff truncates the log at every byte. All frames that are complete before it come
// back, and appending works afterwards.
func TestTornTailIsCutOff(t *testing.T) {
	f := newFixture(t, 4)
	path, sizes := logOf(t, f, 3)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for cut := range len(whole) + 1 {
		intact := 0
		for _, size := range sizes {
			if size <= int64(cut) {
				intact++
			}
		}
		records, err := reopen(path, whole[:cut])
		require.NoError(t, err, "cut at %d", cut)
		require.Len(t, records, 2*intact, "cut at %d", cut)
	}
	_, err = reopen(path, whole[:len(whole)-1])
	require.NoError(t, err)
	s, err := OpenFileStorage(filepath.Dir(path))
	require.NoError(t, err)
	require.NoError(t, s.Append([]pbft.Record{{Asked: &pbft.AskedRecord{View: 9}}}))
	require.NoError(t, s.Close())
	s, err = OpenFileStorage(filepath.Dir(path))
	require.NoError(t, err)
	records, err := s.Load()
	require.NoError(t, err)
	require.Equal(t, uint64(9), records[len(records)-1].Asked.View)
	require.NoError(t, s.Close())
}

// TestFlippedBits: a flipped bit in the last frame cuts that frame off; anywhere before it the log
// is refused, because going on without those records could make the replica contradict itself.
func TestFlippedBits(t *testing.T) {
	f := newFixture(t, 4)
	path, sizes := logOf(t, f, 3)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := range whole {
		bad := append([]byte(nil), whole...)
		bad[i] ^= 1 << (i % 8)
		records, err := reopen(path, bad)
		if int64(i) >= sizes[1] {
			require.NoError(t, err, "bit in byte %d of the last frame", i)
			require.Len(t, records, 4)
		} else {
			require.ErrorIs(t, err, ErrDamaged, "bit in byte %d", i)
		}
	}
}

// TestSegmentsAreDeleted: a stable checkpoint starts a segment, keeps the view records and deletes
// superseded records.
func TestSegmentsAreDeleted(t *testing.T) {
	f := newFixture(t, 4)
	s, err := OpenFileStorage(t.TempDir())
	require.NoError(t, err)
	p := func(seq uint64) pbft.Record { return pbft.Record{Accepted: f.prePrepare(0, seq, f.batch(seq))} }
	require.NoError(t, s.Append([]pbft.Record{{Asked: &pbft.AskedRecord{View: 3}}, p(3), p(5)}))
	require.NoError(t, s.Append([]pbft.Record{{Stable: &pbft.StableRecord{Certificate: f.stable(4), State: []byte("four")}}, p(6)}))
	require.NoError(t, s.Append([]pbft.Record{{Stable: &pbft.StableRecord{Certificate: f.stable(8), State: []byte("eight")}}, p(9)}))
	require.NoError(t, s.Close())
	s, err = OpenFileStorage(s.dir)
	require.NoError(t, err)
	defer s.Close()
	records, err := s.Load()
	require.NoError(t, err)
	require.Len(t, records, 3)
	require.Equal(t, "eight", string(records[0].Stable.State))
	require.Equal(t, uint64(3), records[1].Asked.View)
	require.Equal(t, uint64(9), records[2].Accepted.Seq)
}

// TestTornSnapshotIsCutOffAtOnce: a long frame that a crash cut short is recognised by its header.
// Its content is as bad as can be for a search through it: every eight bytes look like the
// beginning of a frame of a quarter of a megabyte.
func TestTornSnapshotIsCutOffAtOnce(t *testing.T) {
	f := newFixture(t, 4)
	path, _ := logOf(t, f, 1)
	s, err := OpenFileStorage(filepath.Dir(path))
	require.NoError(t, err)
	state := make([]byte, 8<<20)
	for i := 1; i < len(state); i += 4 {
		state[i] = 4
	}
	low := f.stable(4)
	require.NoError(t, s.Append([]pbft.Record{{Stable: &pbft.StableRecord{Certificate: low, State: state}}}))
	require.NoError(t, s.Close())
	torn := s.path(2)
	whole, err := os.ReadFile(torn)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	records, err := reopen(torn, whole[:len(whole)-1])
	require.NoError(t, err)
	require.Empty(t, records)
}
