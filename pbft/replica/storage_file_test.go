package replica

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/internal/wal"
)

// path returns the file of segment n.
func (s *FileStorage) path(n uint64) string { return s.disk.Path(wal.SegmentName(n)) }

// logOf appends a few frames to a new log and returns its only segment's path
// and the sizes after each frame.
func logOf(t *testing.T, f *fixture, frames int) (string, []int64) {
	dir := t.TempDir()
	s, err := CreateFileStorage(dir)
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

// TestTornTailIsCutOff truncates the log at every byte. All frames that are
// complete before it come back, and appending works afterwards.
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

// TestFaultFlippedBits: a flipped bit is damage, also in the last frame, which
// is complete: its votes were sent. Before, a bit in the last frame cut that
// frame off, and the replica could vote again.
func TestFaultFlippedBits(t *testing.T) {
	f := newFixture(t, 4)
	path, _ := logOf(t, f, 3)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := range whole {
		bad := append([]byte(nil), whole...)
		bad[i] ^= 1 << (i % 8)
		_, err := reopen(path, bad)
		require.ErrorIs(t, err, ErrDamaged, "bit in byte %d", i)
	}
	// A file can have grown before its content was written.
	records, err := reopen(path, append(whole, make([]byte, 4096)...))
	require.NoError(t, err)
	require.Len(t, records, 6)
}

// A client puts the image of a frame into its operation, and the machine loses
// power at any byte of the write. The torn frame is cut off. Before, the image
// was taken for a frame after damage, and the log was refused. Here the
// attacker has the file of the log's own frame, without its salt.
func TestAttackFrameInsideAnOperation(t *testing.T) {
	f := newFixture(t, 4)
	own, _ := logOf(t, f, 1)
	image, err := os.ReadFile(own)
	require.NoError(t, err)
	path, sizes := logOf(t, f, 1)
	s, err := OpenFileStorage(filepath.Dir(path))
	require.NoError(t, err)
	operation := append(append([]byte("tail"), image...), make([]byte, 8192)...)
	evil := &pbft.Batch{Requests: []pbft.Request{pbft.NewRequest(f.chain, clientSigner(), 2, operation)}}
	require.NoError(t, s.Append([]pbft.Record{{Accepted: f.prePrepare(0, 2, evil)}}))
	require.NoError(t, s.Close())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for cut := int(sizes[0]) + 1; cut < len(whole); cut += 97 {
		records, err := reopen(path, whole[:cut])
		require.NoError(t, err, "cut at %d", cut)
		require.Len(t, records, 2)
	}
	// A frame of another log, or one in another place, is damage.
	for _, bad := range [][]byte{image, append(whole[:sizes[0]:sizes[0]], whole[:sizes[0]]...), whole[sizes[0]:]} {
		_, err = reopen(path, bad)
		require.ErrorIs(t, err, ErrDamaged)
	}
}

// A log has one process at a time. Before, a service that was started twice
// voted twice.
func TestFaultLogIsOpenedOnce(t *testing.T) {
	dir := t.TempDir()
	s, err := CreateFileStorage(dir)
	require.NoError(t, err)
	for _, open := range []func(string) (*FileStorage, error){CreateFileStorage, OpenFileStorage} {
		_, err = open(dir)
		require.ErrorIs(t, err, ErrLocked)
		require.ErrorContains(t, err, dir)
	}
	require.NoError(t, s.Close())
	s, err = OpenFileStorage(dir)
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

// A log that is not there, one that is there already, and one of another
// replica or chain are errors. Before, each of them was opened, and the replica
// voted without its memory.
func TestFaultLostAndForeignLogs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "parent", "log")
	_, err := OpenFileStorage(dir)
	require.ErrorIs(t, err, ErrNoLog)
	s, err := CreateFileStorage(dir)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	_, err = CreateFileStorage(dir)
	require.ErrorIs(t, err, ErrLogExists)

	f := newFixture(t, 4)
	start := func(id pbft.ReplicaID, g pbft.Genesis) error {
		s, err := OpenFileStorage(dir)
		require.NoError(t, err)
		defer func() { require.NoError(t, s.Close()) }()
		network := MemoryNetwork{}
		d, err := StartDriver(DriverConfig{
			Node:      pbft.Config{ID: id, Genesis: g, Signer: f.signers[id], Application: empty{}},
			Transport: network.Join(id), Storage: s,
		})
		if err != nil {
			return err
		}
		return d.Close()
	}
	require.NoError(t, start(1, f.genesis))
	require.NoError(t, start(1, f.genesis))
	require.ErrorIs(t, start(2, f.genesis), ErrOwner)
	other := f.genesis
	other.Name = "another chain"
	require.ErrorIs(t, start(1, other), ErrOwner)
}

// A missing segment is damage, wherever it is. Before, a log without its newest
// segment was opened with the state of an older one.
func TestFaultMissingSegments(t *testing.T) {
	f := newFixture(t, 4)
	build := func() *FileStorage {
		s, err := CreateFileStorage(t.TempDir())
		require.NoError(t, err)
		for _, stable := range []uint64{0, 4, 8} {
			var records []pbft.Record
			if stable > 0 {
				records = append(records, pbft.Record{Stable: &pbft.StableRecord{Certificate: f.stable(stable)}})
			}
			// Number 100 keeps all segments.
			records = append(records, pbft.Record{Accepted: f.prePrepare(0, 100, f.batch(1))})
			require.NoError(t, s.Append(records))
		}
		require.NoError(t, s.Close())
		return s
	}
	s := build()
	_, err := OpenFileStorage(s.dir)
	require.NoError(t, err)
	for n := range uint64(3) {
		s := build()
		require.NoError(t, os.Remove(s.path(n+1)))
		_, err := OpenFileStorage(s.dir)
		require.ErrorIs(t, err, ErrDamaged, "segment %d", n+1)
		require.ErrorContains(t, err, s.path(n+1))
	}
	s = build()
	require.NoError(t, os.Remove(filepath.Join(s.dir, "state-0000000000000008")))
	_, err = OpenFileStorage(s.dir)
	require.ErrorIs(t, err, ErrDamaged)
	// The newest segment without its checkpoint, and a damaged head.
	s = build()
	require.NoError(t, os.Truncate(s.path(3), 10))
	_, err = OpenFileStorage(s.dir)
	require.ErrorIs(t, err, ErrDamaged)
	s = build()
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, wal.HeadName), []byte("head of nothing"), 0o600))
	_, err = OpenFileStorage(s.dir)
	require.ErrorIs(t, err, ErrDamaged)
}

// A crash between any two steps of a rotation leaves a log that opens with all
// its records.
func TestFaultCrashDuringRotation(t *testing.T) {
	f := newFixture(t, 4)
	path, _ := logOf(t, f, 1)
	dir := filepath.Dir(path)
	before := copyOf(t, dir)
	s, err := OpenFileStorage(dir)
	require.NoError(t, err)
	require.NoError(t, s.Append([]pbft.Record{{Stable: &pbft.StableRecord{Certificate: f.stable(4), State: pbft.NewStateParts([]byte("four"))}}}))
	require.NoError(t, s.Close())
	after := copyOf(t, dir)
	first, second, state := filepath.Base(s.path(1)), filepath.Base(s.path(2)), "state-0000000000000004"
	stored := with(before, state, after[state])
	for name, c := range map[string]struct {
		files   map[string][]byte
		records int
	}{
		"nothing":     {before, 2},
		"no state":    {with(before, state, nil), 2},
		"part of it":  {with(before, state, after[state][:10]), 2},
		"new file":    {with(stored, second, nil), 2},
		"part of all": {with(stored, second, after[second][:30]), 2},
		"all of it":   {with(stored, second, after[second]), 3},
		"head":        {with(after, first, before[first]), 1},
		"old deleted": {after, 1},
	} {
		crashed := t.TempDir()
		for file, b := range c.files {
			require.NoError(t, os.WriteFile(filepath.Join(crashed, file), b, 0o600))
		}
		s, err := OpenFileStorage(crashed)
		require.NoError(t, err, name)
		records, err := s.Load()
		require.NoError(t, err, name)
		require.Len(t, records, c.records, name)
		// The log goes on.
		require.NoError(t, s.Append([]pbft.Record{{Asked: &pbft.AskedRecord{View: 9}}}))
		require.NoError(t, s.Close())
		s, err = OpenFileStorage(crashed)
		if c.records == 2 { // the rotation is repeated
			require.NoError(t, err)
			require.NoError(t, s.Append([]pbft.Record{{Stable: &pbft.StableRecord{Certificate: f.stable(4), State: pbft.NewStateParts([]byte("four"))}}}))
			records, err := s.Load()
			require.NoError(t, err)
			require.Equal(t, "four", string(records[0].Stable.State.Join()))
			require.NoError(t, s.Close())
			continue
		}
		require.NoError(t, err, name)
		records, err = s.Load()
		require.NoError(t, err, name)
		require.Len(t, records, c.records+1, name)
		require.NoError(t, s.Close())
	}
}

// copyOf returns the files of a folder.
func copyOf(t *testing.T, dir string) map[string][]byte {
	out := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		out[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
	}
	return out
}

// with returns files with one more.
func with(files map[string][]byte, name string, content []byte) map[string][]byte {
	out := maps.Clone(files)
	out[name] = content
	return out
}

// TestSegmentsAreDeleted: a stable checkpoint starts a segment, keeps the view
// records and deletes superseded records.
func TestSegmentsAreDeleted(t *testing.T) {
	f := newFixture(t, 4)
	s, err := CreateFileStorage(t.TempDir())
	require.NoError(t, err)
	p := func(seq uint64) pbft.Record { return pbft.Record{Accepted: f.prePrepare(0, seq, f.batch(seq))} }
	require.NoError(t, s.Append([]pbft.Record{{Asked: &pbft.AskedRecord{View: 3}}, p(3), p(5)}))
	require.NoError(t, s.Append([]pbft.Record{{Stable: &pbft.StableRecord{Certificate: f.stable(4), State: pbft.NewStateParts([]byte("four"))}}, p(6)}))
	require.NoError(t, s.Append([]pbft.Record{{Stable: &pbft.StableRecord{Certificate: f.stable(8), State: pbft.NewStateParts([]byte("eight"))}}, p(9)}))
	require.NoError(t, s.Close())
	s, err = OpenFileStorage(s.dir)
	require.NoError(t, err)
	defer s.Close()
	records, err := s.Load()
	require.NoError(t, err)
	require.Len(t, records, 3)
	require.Equal(t, "eight", string(records[0].Stable.State.Join()))
	require.Equal(t, uint64(3), records[1].Asked.View)
	require.Equal(t, uint64(9), records[2].Accepted.Seq)
}

// TestTornSnapshotIsCutOffAtOnce: a long frame that a crash cut short is
// recognised by its header. Its content is as bad as can be for a search
// through it: every eight bytes look like the beginning of a frame of a quarter
// of a megabyte.
func TestTornSnapshotIsCutOffAtOnce(t *testing.T) {
	f := newFixture(t, 4)
	path, _ := logOf(t, f, 1)
	before := copyOf(t, filepath.Dir(path))
	s, err := OpenFileStorage(filepath.Dir(path))
	require.NoError(t, err)
	state := make([]byte, 8<<20)
	for i := 1; i < len(state); i += 4 {
		state[i] = 4
	}
	low := f.stable(4)
	require.NoError(t, s.Append([]pbft.Record{{Stable: &pbft.StableRecord{Certificate: low, State: pbft.NewStateParts(state)}}}))
	require.NoError(t, s.Close())
	torn := s.path(2)
	whole, err := os.ReadFile(torn)
	require.NoError(t, err)
	for name, b := range before { // the crash came before the head was written
		require.NoError(t, os.WriteFile(filepath.Join(s.dir, name), b, 0o600))
	}
	records, err := reopen(torn, whole[:len(whole)-1])
	require.NoError(t, err)
	require.Len(t, records, 2)
}
