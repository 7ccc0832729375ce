package wal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/internal/planted"
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
// Checksums are CRC-32C over the log's salt, the running number and the data.
// The salt is random and secret, so that no operation of a client can contain a
// frame.
//
// The end of the last segment is one of:
//
//   - the end of a frame;
//   - an incomplete header, zeros only, or a header whose content is
//     incomplete: a torn write, which is cut off;
//   - anything else, such as a complete frame with another checksum: damage.
//     The records were acknowledged, so that the replica may have sent votes
//     that depend on them.

// frameHeader is the size of a frame's header, maxFrame bounds its content, and
// stateFrame is the content of a frame of a checkpoint, in bytes.
const (
	frameHeader = 20
	maxFrame    = 1 << 30
	stateFrame  = 1 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum covers the salt, a frame's number and the data.
func (h *head) checksum(number uint64, data []byte) uint32 {
	sum := crc32.Checksum(h.salt[:], castagnoli)
	sum = crc32.Update(sum, castagnoli, binary.BigEndian.AppendUint64(nil, number))
	return crc32.Update(sum, castagnoli, data)
}

// seal writes the header of a frame, whose content begins at b[frameHeader].
func (h *head) seal(number uint64, b []byte) {
	payload := b[frameHeader:]
	binary.BigEndian.PutUint64(b, number)
	binary.BigEndian.PutUint32(b[8:], uint32(len(payload)))
	binary.BigEndian.PutUint32(b[12:], h.checksum(number, payload))
	binary.BigEndian.PutUint32(b[16:], h.checksum(number, b[8:16]))
}

// frameAt returns the content of the frame with a number at the beginning of b.
// Without a complete frame, torn reports whether a write that a crash cut short
// explains b.
func (h *head) frameAt(number uint64, b []byte) (payload []byte, torn, ok bool) {
	if len(b) < frameHeader {
		return nil, true, false
	}
	header := b[:frameHeader]
	size := binary.BigEndian.Uint32(header[8:])
	// The header's own checksum comes first: an invalid length must not be
	// used.
	if binary.BigEndian.Uint64(header) != number || h.checksum(number, header[8:16]) != binary.BigEndian.Uint32(header[16:]) {
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
	return payload, false, h.checksum(number, payload) == binary.BigEndian.Uint32(header[12:])
}

// read decodes a segment and returns the end of its last complete frame. It
// advances l.next.
func (l *Log) read(n uint64, last bool) ([]pbft.Record, int64, error) {
	b, err := l.disk.Read(SegmentName(n))
	if err != nil {
		return nil, 0, fmt.Errorf("replica: %w", err)
	}
	damaged := func(at int) error {
		return fmt.Errorf("%w: %s at byte %d; %s", ErrDamaged, l.disk.Path(SegmentName(n)), at, damagedFix)
	}
	var records []pbft.Record
	at := 0
	for first := n == l.head.first && n > 1; at < len(b); first = false {
		// The numbers of a log whose oldest segments are deleted begin
		// anywhere.
		if first && len(b) >= frameHeader {
			l.next = binary.BigEndian.Uint64(b)
		}
		payload, torn, ok := l.head.frameAt(l.next, b[at:])
		// The first frame of a segment that the head lists was complete before
		// the head was.
		if !ok && torn && last && (at > 0 || n == 1 || n > l.listed) {
			break
		}
		if !ok && last && l.mistake.On(planted.DamageIsTorn) {
			break
		}
		if !ok {
			return nil, 0, damaged(at)
		}
		var encoded [][]byte
		err := codec.DecodeShared(payload, func(c *codec.Coder) { codeFrame(c, &encoded) })
		for k := 0; k < len(encoded) && err == nil; k++ {
			var record pbft.Record
			record, err = pbft.DecodeRecord(encoded[k])
			records = append(records, record)
		}
		if err != nil {
			return nil, 0, fmt.Errorf("%w: %w", damaged(at), err)
		}
		at += frameHeader + len(payload)
		l.next++
	}
	// An empty file instead of a listed segment.
	if at == 0 && n > 1 && n <= l.listed {
		return nil, 0, damaged(0)
	}
	return records, int64(at), nil
}

// write appends one frame and syncs it.
func (l *Log) write(records [][]byte) error {
	if len(records) == 0 {
		return nil
	}
	// One write per frame, with room for the header that is known only
	// afterwards.
	b := codec.Append(make([]byte, frameHeader, 256), func(c *codec.Coder) { codeFrame(c, &records) })
	if len(b)-frameHeader > maxFrame {
		return fmt.Errorf("replica: log: %d bytes of records, a frame holds at most %d", len(b)-frameHeader, maxFrame)
	}
	l.head.seal(l.next, b)
	if err := l.flush(SegmentName(l.head.last), b); err != nil {
		return err
	}
	l.next++
	return nil
}

// flush appends to a file and syncs it.
func (l *Log) flush(name string, b []byte) error {
	if err := l.disk.Append(name, b); err != nil {
		return fmt.Errorf("replica: %w", err)
	}
	if err := l.disk.Sync(name); err != nil {
		return fmt.Errorf("replica: %w", err)
	}
	return nil
}

// codeFrame codes the content of a frame: a list of encoded records. A record
// takes at least one byte after its length.
func codeFrame(c *codec.Coder, records *[][]byte) {
	codec.SizedList(c, records, 1<<24, 4+1, func(c *codec.Coder, b *[]byte) { c.Bytes(b, maxFrame) })
}
