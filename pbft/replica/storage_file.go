package replica

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/pbft"
)

// FileStorage is a [Storage] in a folder of its own: a write-ahead log in segments, a file "head"
// and a file "lock". [CreateFileStorage] makes a new log, and [OpenFileStorage] opens it again.
//
// Each Append writes and syncs one frame, see storage_frame.go. A stable checkpoint starts a new
// segment, which begins with the latest records about views. The oldest segments are deleted if all
// their numbers are at or below a stable checkpoint.
//
// An incomplete frame at the end of the last segment is the trace of a crash during Append. Its
// records were not acknowledged, so it is cut off. Any other damage has another cause, and
// [OpenFileStorage] returns [ErrDamaged]: without those records the replica could contradict
// itself. Missing segments are damage too, because head has the numbers of the oldest and the
// newest one.
type FileStorage struct {
	dir    string
	lock   *os.File
	head   head
	listed uint64            // newest segment of the head in the file
	file   *os.File          // of segment head.last
	next   uint64            // number of the next frame
	top    map[uint64]uint64 // highest sequence number per segment

	entered []byte // latest of their kinds, encoded
	asked   []byte
	low     []byte
}

// Errors of [CreateFileStorage], [OpenFileStorage] and [FileStorage.Claim].
var (
	// ErrDamaged is wrapped by the error about a log with missing or changed records.
	ErrDamaged = errors.New("replica: write-ahead log is damaged")
	// ErrNoLog means that the folder has no log, for example because a disk is not mounted.
	ErrNoLog = errors.New("replica: no write-ahead log")
	// ErrLogExists means that the folder has a log already.
	ErrLogExists = errors.New("replica: write-ahead log exists")
	// ErrLocked means that another process has opened the log. Two processes with one log would
	// contradict each other under one key.
	ErrLocked = errors.New("replica: write-ahead log is in use")
	// ErrOwner means that the log belongs to another replica or chain.
	ErrOwner = errors.New("replica: write-ahead log of another owner")
)

// File names in the folder of a log.
const (
	segmentPrefix = "segment-"
	headName      = "head"
	lockName      = "lock"
)

// Owner identifies the replica to which a log belongs.
type Owner struct {
	Chain   pbft.Digest
	Replica pbft.ReplicaID
}

// head is the content of the file "head".
type head struct {
	salt        [16]byte // random, new with each creation
	first, last uint64   // numbers of the oldest and the newest segment
	owned       bool     // owner is set
	owner       Owner
}

func (h *head) code(c *codec.Coder) {
	c.Fixed(h.salt[:])
	c.Uint64(&h.first)
	c.Uint64(&h.last)
	c.Bool(&h.owned)
	c.Fixed(h.owner.Chain[:])
	c.Uint32((*uint32)(&h.owner.Replica))
}

// CreateFileStorage makes a new log in dir, with the folder if necessary. The error wraps
// [ErrLogExists] if there is one. A replica that has lost its log needs Config.Restarted with the
// new one.
func CreateFileStorage(dir string) (*FileStorage, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("replica: %w", err)
	}
	// Without this, a crash could lose the folder itself.
	if err := syncFolder(filepath.Dir(filepath.Clean(dir))); err != nil {
		return nil, err
	}
	s, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	segments, err := s.segments()
	_, headErr := os.Stat(filepath.Join(dir, headName))
	if err == nil && (len(segments) > 0 || !errors.Is(headErr, fs.ErrNotExist)) {
		err = fmt.Errorf("%w in %s; use OpenFileStorage", ErrLogExists, dir)
	}
	if err != nil {
		return nil, errors.Join(err, s.lock.Close())
	}
	if _, err := rand.Read(s.head.salt[:]); err != nil {
		return nil, errors.Join(fmt.Errorf("replica: %w", err), s.lock.Close())
	}
	s.head.first, s.head.last, s.next = 1, 1, 1
	// The segment comes first, because a head without it is damage.
	if err := s.open(1); err != nil {
		return nil, errors.Join(err, s.lock.Close())
	}
	if err := s.writeHead(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// OpenFileStorage opens the log in dir and checks every frame. The error wraps [ErrNoLog],
// [ErrLocked] or [ErrDamaged].
func OpenFileStorage(dir string) (*FileStorage, error) {
	if _, err := os.Stat(filepath.Join(dir, headName)); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w in %s; mount its disk, or make a new log with CreateFileStorage", ErrNoLog, dir)
	}
	s, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	if err := s.recover(); err != nil {
		return nil, errors.Join(err, s.lock.Close())
	}
	return s, nil
}

// lockFolder takes the lock of a folder.
func lockFolder(dir string) (*FileStorage, error) {
	lock, err := lockFile(filepath.Join(dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("%w: %s is locked by another process or log; stop that one first: %w", ErrLocked, dir, err)
	}
	return &FileStorage{dir: dir, lock: lock, top: map[uint64]uint64{}}, nil
}

// recover reads the head and all segments, so that damage is found before the replica votes.
func (s *FileStorage) recover() error {
	if err := s.readHead(); err != nil {
		return err
	}
	s.next, s.listed = 1, s.head.last
	segments, err := s.segments()
	if err != nil {
		return err
	}
	// A crash can leave older segments than the first, and one that is newer than the last.
	for len(segments) > 0 && segments[0] < s.head.first {
		if err := os.Remove(s.path(segments[0])); err != nil {
			return fmt.Errorf("replica: %w", err)
		}
		segments = segments[1:]
	}
	for i := s.head.first; i <= s.head.last; i++ {
		if !slices.Contains(segments, i) {
			return fmt.Errorf("%w: %s is missing; %s", ErrDamaged, s.path(i), damagedFix)
		}
	}
	for i, n := range segments {
		last := i == len(segments)-1
		records, end, err := s.read(n, last)
		if err != nil {
			return err
		}
		// rotate needs the highest number of each segment and the latest records about views.
		for j := range records {
			s.note(n, &records[j], pbft.EncodeRecord(records[j]))
		}
		if last { // only the last segment can have an incomplete frame
			if err := os.Truncate(s.path(n), end); err != nil {
				return fmt.Errorf("replica: %w", err)
			}
		}
	}
	return s.open(segments[len(segments)-1])
}

// damagedFix tells the operator of a damaged log how to continue.
const damagedFix = "remove the log, make a new one and restart the replica with Config.Restarted"

// Claim makes a new log that of a replica, and checks the owner of an old one. The error wraps
// [ErrOwner]. [StartDriver] calls it.
func (s *FileStorage) Claim(o Owner) error {
	if s.head.owned {
		if s.head.owner != o {
			return fmt.Errorf("%w: %s is that of replica %d of chain %v, not of replica %d of chain %v; use its own folder",
				ErrOwner, s.dir, s.head.owner.Replica, s.head.owner.Chain, o.Replica, o.Chain)
		}
		return nil
	}
	s.head.owned, s.head.owner = true, o
	return s.writeHead()
}

// path returns the file of segment n.
func (s *FileStorage) path(n uint64) string {
	return filepath.Join(s.dir, fmt.Sprintf("%s%016d", segmentPrefix, n))
}

// segments returns the numbers of all segments in ascending order.
func (s *FileStorage) segments() ([]uint64, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("replica: %w", err)
	}
	var out []uint64
	for _, e := range entries {
		var n uint64
		if strings.HasPrefix(e.Name(), segmentPrefix) {
			if _, err := fmt.Sscanf(e.Name(), segmentPrefix+"%d", &n); err == nil {
				out = append(out, n)
			}
		}
	}
	slices.Sort(out)
	return out, nil
}

// open opens segment n for appending and syncs the folder, so that the new file survives a crash.
func (s *FileStorage) open(n uint64) error {
	f, err := os.OpenFile(s.path(n), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("replica: %w", err)
	}
	if err := syncFolder(s.dir); err != nil {
		return errors.Join(err, f.Close())
	}
	s.file, s.head.last = f, n
	return nil
}

// syncFolder makes new and removed names in a folder durable.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("replica: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("replica: %w", err)
	}
	return nil
}

// readHead reads the file "head".
func (s *FileStorage) readHead() error {
	path := filepath.Join(s.dir, headName)
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("replica: %w", err)
	}
	if len(b) < 4 || crc32.Checksum(b[4:], castagnoli) != binary.BigEndian.Uint32(b) {
		return fmt.Errorf("%w: %s; %s", ErrDamaged, path, damagedFix)
	}
	if err := codec.Decode(b[4:], s.head.code); err != nil {
		return fmt.Errorf("%w: %s: %w; %s", ErrDamaged, path, err, damagedFix)
	}
	return nil
}

// writeHead replaces the file "head" as a whole, so that a crash leaves the old or the new one.
func (s *FileStorage) writeHead() error {
	b := codec.Append(make([]byte, 4), s.head.code)
	binary.BigEndian.PutUint32(b, crc32.Checksum(b[4:], castagnoli))
	path := filepath.Join(s.dir, headName)
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("replica: %w", err)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("replica: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("replica: %w", err)
	}
	return syncFolder(s.dir)
}

// note updates the data about a segment for one of its records.
func (s *FileStorage) note(segment uint64, r *pbft.Record, encoded []byte) {
	if seq, numbered := r.Seq(); numbered {
		s.top[segment] = max(s.top[segment], seq)
	}
	switch {
	case r.Entered != nil:
		s.entered = encoded
	case r.Asked != nil:
		s.asked = encoded
	case r.Low != nil:
		s.low = encoded
	}
}

// Load implements [Storage].
func (s *FileStorage) Load() ([]pbft.Record, error) {
	next := s.next
	defer func() { s.next = next }()
	s.next = 1
	var out []pbft.Record
	for n := s.head.first; n <= s.head.last; n++ {
		records, _, err := s.read(n, n == s.head.last)
		if err != nil {
			return nil, err
		}
		out = append(out, records...)
	}
	return out, nil
}

// Append implements [Storage]. All records up to a stable checkpoint share one frame, so one Ready
// costs one sync in the usual case.
func (s *FileStorage) Append(records []pbft.Record) error {
	var frame [][]byte
	for i := range records {
		r := &records[i]
		// A stable checkpoint is the first record of its segment.
		if r.Stable != nil {
			if err := s.write(frame); err != nil {
				return err
			}
			frame = nil
			if err := s.rotate(r); err != nil {
				return err
			}
			continue
		}
		b := pbft.EncodeRecord(*r)
		s.note(s.head.last, r, b)
		frame = append(frame, b)
	}
	return s.write(frame)
}

// rotate starts a segment with a stable checkpoint and deletes the oldest segments that it
// supersedes. A segment that follows one that is still needed stays, so that no gap arises.
func (s *FileStorage) rotate(stable *pbft.Record) error {
	old := s.file
	if err := s.open(s.head.last + 1); err != nil {
		return err
	}
	frame := [][]byte{pbft.EncodeRecord(*stable)}
	for _, b := range [][]byte{s.entered, s.asked, s.low} {
		if b != nil {
			frame = append(frame, b)
		}
	}
	// The new segment is durable before old ones are deleted: a crash in between leaves both.
	if err := errors.Join(s.write(frame), old.Close()); err != nil {
		return err
	}
	before := s.head.first
	for s.head.first < s.head.last && s.top[s.head.first] <= stable.Stable.Certificate.Header.Seq {
		s.head.first++
	}
	// The head is durable before the segments go. Otherwise a crash would look like damage.
	if err := s.writeHead(); err != nil {
		return err
	}
	for n := before; n < s.head.first; n++ {
		if err := os.Remove(s.path(n)); err != nil {
			return fmt.Errorf("replica: %w", err)
		}
		delete(s.top, n)
	}
	return nil
}

// Close implements [Storage] and releases the lock. Every appended record is synced already.
func (s *FileStorage) Close() error { return errors.Join(s.file.Close(), s.lock.Close()) }
