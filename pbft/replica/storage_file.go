package replica

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/pbft"
)

// FileStorage is a [Storage] in a folder of its own: a write-ahead log in segments.
//
// Each Append writes and syncs one frame:
//
//	length of the content      4 bytes, big-endian
//	CRC-32C of the content     4 bytes
//	CRC-32C of these 8 bytes   4 bytes
//	content                    a list of encoded records
//
// An incomplete frame at the end of the last segment is the trace of a crash during Append. Its
// records were not acknowledged, so it is cut off. Damage before an intact frame has another cause,
// and [OpenFileStorage] returns [ErrDamaged]: without those records the replica could contradict
// itself.
//
// A stable checkpoint starts a new segment, which begins with the latest records about views. A
// segment is deleted if all its numbers are at or below a stable checkpoint.
type FileStorage struct {
	dir     string
	file    *os.File
	current uint64            // number of the open segment
	top     map[uint64]uint64 // highest sequence number per segment
	entered []byte            // latest of their kinds, encoded
	asked   []byte
	low     []byte
}

// ErrDamaged is wrapped by the error about a log with missing records.
var ErrDamaged = errors.New("replica: write-ahead log is damaged")

// segmentPrefix begins the file names, frameHeader is the size of a frame's header, and maxFrame
// bounds its content, in bytes.
const (
	segmentPrefix = "segment-"
	frameHeader   = 12
	maxFrame      = 1 << 30
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// OpenFileStorage opens the log in dir and creates the folder if necessary. It checks every frame.
func OpenFileStorage(dir string) (*FileStorage, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("replica: %w", err)
	}
	s := &FileStorage{dir: dir, top: map[uint64]uint64{}}
	segments, err := s.segments()
	if err != nil {
		return nil, err
	}
	if len(segments) == 0 {
		return s, s.open(1)
	}
	// Opening checks all segments, so that damage is found before the replica votes.
	for i, n := range segments {
		last := i == len(segments)-1
		records, end, err := s.read(n, last)
		if err != nil {
			return nil, err
		}
		// rotate needs the highest number of each segment and the latest records about views.
		for j := range records {
			s.note(n, &records[j], pbft.EncodeRecord(records[j]))
		}
		if last { // only the last segment can have an incomplete frame
			if err := os.Truncate(s.path(n), end); err != nil {
				return nil, fmt.Errorf("replica: %w", err)
			}
		}
	}
	return s, s.open(segments[len(segments)-1])
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
	dir, err := os.Open(s.dir)
	if err != nil {
		return errors.Join(fmt.Errorf("replica: %w", err), f.Close())
	}
	err = errors.Join(dir.Sync(), dir.Close())
	if err != nil {
		return errors.Join(fmt.Errorf("replica: %w", err), f.Close())
	}
	s.file, s.current = f, n
	return nil
}

// read decodes a segment and returns the end of its last intact frame.
func (s *FileStorage) read(n uint64, last bool) ([]pbft.Record, int64, error) {
	b, err := os.ReadFile(s.path(n))
	if err != nil {
		return nil, 0, fmt.Errorf("replica: %w", err)
	}
	var records []pbft.Record
	at := 0
	for at < len(b) {
		payload, ok := frameAt(b, at) // nothing before at is damaged
		if !ok {
			if !last || intactFrameAfter(b, at) {
				return nil, 0, fmt.Errorf("%w: %s at byte %d;"+
					" delete the log and restart the replica with Config.Restarted", ErrDamaged, s.path(n), at)
			}
			break
		}
		var encoded [][]byte
		err := codec.DecodeShared(payload, func(c *codec.Coder) { codeFrame(c, &encoded) })
		for k := 0; k < len(encoded) && err == nil; k++ {
			var record pbft.Record
			record, err = pbft.DecodeRecord(encoded[k])
			records = append(records, record)
		}
		if err != nil {
			return nil, 0, fmt.Errorf("%w: %s at byte %d: %w", ErrDamaged, s.path(n), at, err)
		}
		at += frameHeader + len(payload)
	}
	return records, int64(at), nil
}

// frameAt returns the content of the frame at byte at, or false if there is no intact frame.
func frameAt(b []byte, at int) ([]byte, bool) {
	if len(b)-at < frameHeader {
		return nil, false
	}
	// The header's own checksum comes first: an invalid length must not be used.
	header := b[at:][:frameHeader]
	size := binary.BigEndian.Uint32(header)
	if crc32.Checksum(header[:8], castagnoli) != binary.BigEndian.Uint32(header[8:]) || uint64(size) > uint64(len(b)-at-frameHeader) {
		return nil, false
	}
	payload := b[at+frameHeader:][:size]
	return payload, crc32.Checksum(payload, castagnoli) == binary.BigEndian.Uint32(header[4:])
}

// intactFrameAfter looks for an intact frame after the damage at byte at. It tries every byte,
// because the length in a damaged header is unreliable. The checksum of the header keeps this fast:
// without it, content that looks like headers with long lengths would be hashed again for each of
// them.
func intactFrameAfter(b []byte, at int) bool {
	for i := at + 1; i+frameHeader < len(b); i++ {
		if _, ok := frameAt(b, i); ok {
			return true
		}
	}
	return false
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
	segments, err := s.segments()
	if err != nil {
		return nil, err
	}
	var out []pbft.Record
	for i, n := range segments {
		records, _, err := s.read(n, i == len(segments)-1)
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
		s.note(s.current, r, b)
		frame = append(frame, b)
	}
	return s.write(frame)
}

// rotate starts a segment with a stable checkpoint and deletes the segments that it supersedes.
func (s *FileStorage) rotate(stable *pbft.Record) error {
	old := s.file
	if err := s.open(s.current + 1); err != nil {
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
	segments, err := s.segments()
	if err != nil {
		return err
	}
	for _, n := range segments {
		if n < s.current && s.top[n] <= stable.Stable.Certificate.Header.Seq {
			if err := os.Remove(s.path(n)); err != nil {
				return fmt.Errorf("replica: %w", err)
			}
			delete(s.top, n)
		}
	}
	return nil
}

// write appends one frame and syncs it.
func (s *FileStorage) write(records [][]byte) error {
	if len(records) == 0 {
		return nil
	}
	// One write call per frame, with room for the header that is known only afterwards.
	b := codec.Append(make([]byte, frameHeader, 256), func(c *codec.Coder) { codeFrame(c, &records) })
	payload := b[frameHeader:]
	if len(payload) > maxFrame {
		return fmt.Errorf("replica: log: %d bytes of records, a frame holds at most %d", len(payload), maxFrame)
	}
	binary.BigEndian.PutUint32(b, uint32(len(payload)))
	binary.BigEndian.PutUint32(b[4:], crc32.Checksum(payload, castagnoli))
	binary.BigEndian.PutUint32(b[8:], crc32.Checksum(b[:8], castagnoli))
	if _, err := s.file.Write(b); err != nil {
		return fmt.Errorf("replica: %w", err)
	}
	if err := s.file.Sync(); err != nil {
		return fmt.Errorf("replica: %w", err)
	}
	return nil
}

// codeFrame codes the content of a frame: a list of encoded records. A record takes at least one
// byte after its length.
func codeFrame(c *codec.Coder, records *[][]byte) {
	codec.SizedList(c, records, 1<<24, 4+1, func(c *codec.Coder, b *[]byte) { c.Bytes(b, maxFrame) })
}

// Close implements [Storage]. Every appended record is synced already.
func (s *FileStorage) Close() error { return s.file.Close() }
