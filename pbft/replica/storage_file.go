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
// Each Append is one frame, written and synced at once: a header of length, CRC-32C of the content and CRC-32C of these
// two, then the content. A frame that the last segment ends in the middle of is the trace of a crash during Append, whose
// records nobody was told about: it is cut off. Damage with intact frames behind it is not, and is refused: going on
// without those records could make the replica contradict itself.
//
// A stable checkpoint starts a new segment, which begins with the latest records about views. Older segments are
// deleted when every number in them is at or below a stable checkpoint.
type FileStorage struct {
	dir     string
	file    *os.File
	current uint64
	top     map[uint64]uint64 // highest number per segment
	entered []byte            // latest of their kinds, encoded
	asked   []byte
	low     []byte
}

// ErrDamaged is wrapped by the error for a log that cannot be trusted.
var ErrDamaged = errors.New("replica: write-ahead log is damaged")

const (
	segmentPrefix = "segment-"
	frameHeader   = 12
	maxFrame      = 1 << 30
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// OpenFileStorage opens the log in dir, which is created if it is not there.
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
	for i, n := range segments {
		last := i == len(segments)-1
		records, end, err := s.read(n, last)
		if err != nil {
			return nil, err
		}
		for j := range records {
			s.note(n, &records[j], pbft.EncodeRecord(records[j]))
		}
		if last {
			if err := os.Truncate(s.path(n), end); err != nil {
				return nil, fmt.Errorf("replica: %w", err)
			}
		}
	}
	return s, s.open(segments[len(segments)-1])
}

func (s *FileStorage) path(n uint64) string {
	return filepath.Join(s.dir, fmt.Sprintf("%s%016d", segmentPrefix, n))
}

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

// open appends to segment n and makes its directory entry durable.
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

// read decodes a segment and returns where its last intact frame ends.
func (s *FileStorage) read(n uint64, last bool) ([]pbft.Record, int64, error) {
	b, err := os.ReadFile(s.path(n))
	if err != nil {
		return nil, 0, fmt.Errorf("replica: %w", err)
	}
	var records []pbft.Record
	at := 0
	for at < len(b) {
		payload, ok := frameAt(b, at)
		if !ok {
			if !last || intactFrameAfter(b, at) {
				return nil, 0, fmt.Errorf("%w: %s at byte %d; restore the replica as one that has lost its memory (Config.Restarted)", ErrDamaged, s.path(n), at)
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

// frameAt returns the payload of the frame that starts at byte at, if one is there and intact.
func frameAt(b []byte, at int) ([]byte, bool) {
	if len(b)-at < frameHeader {
		return nil, false
	}
	header := b[at:][:frameHeader]
	size := binary.BigEndian.Uint32(header)
	if crc32.Checksum(header[:8], castagnoli) != binary.BigEndian.Uint32(header[8:]) || uint64(size) > uint64(len(b)-at-frameHeader) {
		return nil, false
	}
	payload := b[at+frameHeader:][:size]
	return payload, crc32.Checksum(payload, castagnoli) == binary.BigEndian.Uint32(header[4:])
}

// intactFrameAfter looks for a frame behind damage, at any byte, because the damaged length cannot be believed. The
// checksum in a header keeps the content of a frame from being taken for headers, each of which would cost reading as
// much as it claims to head.
func intactFrameAfter(b []byte, at int) bool {
	for i := at + 1; i+frameHeader < len(b); i++ {
		if _, ok := frameAt(b, i); ok {
			return true
		}
	}
	return false
}

// note keeps track of what a segment holds.
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

// Append implements [Storage].
func (s *FileStorage) Append(records []pbft.Record) error {
	var frame [][]byte
	for i := range records {
		r := &records[i]
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

// rotate starts a segment with a stable checkpoint and deletes those it makes superfluous.
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

func (s *FileStorage) write(records [][]byte) error {
	if len(records) == 0 {
		return nil
	}
	b := codec.Append(make([]byte, frameHeader, 256), func(c *codec.Coder) { codeFrame(c, &records) })
	payload := b[frameHeader:]
	if len(payload) > maxFrame {
		return fmt.Errorf("replica: %d bytes of records exceed what one frame holds", len(payload))
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

// codeFrame codes the content of a frame: a list of encoded records, none of which is empty.
func codeFrame(c *codec.Coder, records *[][]byte) {
	codec.SizedList(c, records, 1<<24, 4+1, func(c *codec.Coder, b *[]byte) { c.Bytes(b, maxFrame) })
}

// Close implements [Storage].
func (s *FileStorage) Close() error { return s.file.Close() }
