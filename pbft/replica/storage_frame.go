package replica

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/pbft"
)

// A frame of a segment holds the records of one Append:
//
//	running number             8 bytes, big-endian, from 1, without gaps over all segments
//	length of the content      4 bytes
//	checksum of the content    4 bytes
//	checksum of these 16 bytes 4 bytes
//	content                    a list of encoded records
//
// Checksums are CRC-32C over the log's salt, the running number and the data. The salt is random
// and secret, so that no operation of a client can contain a frame.
//
// The end of the last segment is one of:
//
//   - the end of a frame;
//   - an incomplete header, zeros only, or a header whose content is incomplete: a torn write, which
//     is cut off;
//   - anything else, such as a complete frame with another checksum: damage. The records were
//     acknowledged, so that the replica may have sent votes that depend on them.

// frameHeader is the size of a frame's header, and maxFrame bounds its content, in bytes.
const (
	frameHeader = 20
	maxFrame    = 1 << 30
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum covers the salt, a frame's number and the data.
func (h *head) checksum(number uint64, data []byte) uint32 {
	sum := crc32.Checksum(h.salt[:], castagnoli)
	sum = crc32.Update(sum, castagnoli, binary.BigEndian.AppendUint64(nil, number))
	return crc32.Update(sum, castagnoli, data)
}

// read decodes a segment and returns the end of its last complete frame. It advances s.next.
func (s *FileStorage) read(n uint64, last bool) ([]pbft.Record, int64, error) {
	b, err := os.ReadFile(s.path(n))
	if err != nil {
		return nil, 0, fmt.Errorf("replica: %w", err)
	}
	var records []pbft.Record
	at := 0
	for first := n == s.head.first && n > 1; at < len(b); first = false {
		// The numbers of a log whose oldest segments are deleted begin anywhere.
		if first && len(b) >= frameHeader {
			s.next = binary.BigEndian.Uint64(b)
		}
		payload, torn, ok := s.frameAt(b[at:])
		// The first frame of a segment that the head lists was complete before the head was.
		if !ok && torn && last && (at > 0 || n == 1 || n > s.listed) {
			break
		}
		if !ok {
			return nil, 0, fmt.Errorf("%w: %s at byte %d; %s", ErrDamaged, s.path(n), at, damagedFix)
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
		s.next++
	}
	return records, int64(at), nil
}

// frameAt returns the content of the frame at the beginning of b. Without a complete frame, torn
// reports whether a write that a crash cut short explains b.
func (s *FileStorage) frameAt(b []byte) (payload []byte, torn, ok bool) {
	if len(b) < frameHeader {
		return nil, true, false
	}
	header := b[:frameHeader]
	number, size := binary.BigEndian.Uint64(header), binary.BigEndian.Uint32(header[8:])
	// The header's own checksum comes first: an invalid length must not be used.
	if number != s.next || s.head.checksum(number, header[8:16]) != binary.BigEndian.Uint32(header[16:]) {
		for _, x := range b {
			if x != 0 {
				return nil, false, false
			}
		}
		return nil, true, false // the file had grown before its content was written
	}
	if uint64(size) > uint64(len(b)-frameHeader) {
		return nil, true, false
	}
	payload = b[frameHeader:][:size]
	return payload, false, s.head.checksum(number, payload) == binary.BigEndian.Uint32(header[12:])
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
	binary.BigEndian.PutUint64(b, s.next)
	binary.BigEndian.PutUint32(b[8:], uint32(len(payload)))
	binary.BigEndian.PutUint32(b[12:], s.head.checksum(s.next, payload))
	binary.BigEndian.PutUint32(b[16:], s.head.checksum(s.next, b[8:16]))
	if _, err := s.file.Write(b); err != nil {
		return fmt.Errorf("replica: %w", err)
	}
	if err := s.file.Sync(); err != nil {
		return fmt.Errorf("replica: %w", err)
	}
	s.next++
	return nil
}

// codeFrame codes the content of a frame: a list of encoded records. A record takes at least one
// byte after its length.
func codeFrame(c *codec.Coder, records *[][]byte) {
	codec.SizedList(c, records, 1<<24, 4+1, func(c *codec.Coder, b *[]byte) { c.Bytes(b, maxFrame) })
}
