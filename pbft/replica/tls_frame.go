package replica

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"
)

// maxPacket bounds the frames from replicas, in bytes.
const maxPacket = 64 << 20

// errFrame ends a connection with a frame above the limit.
var errFrame = errors.New("replica: tls: frame above its limit")

// frameReader reads frames: a length in 4 bytes and that many bytes.
type frameReader struct {
	conn  net.Conn
	r     *bufio.Reader
	limit uint32
}

// read waits for a frame without limit. Once a frame has begun, its rest must
// arrive within frameTimeout.
func (f *frameReader) read() ([]byte, error) {
	var size [4]byte
	// A peer can be idle for long, so that the first bytes have no deadline.
	if _, err := io.ReadFull(f.r, size[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > f.limit {
		return nil, errFrame
	}
	// A frame that is here already needs no deadline, which saves two system
	// calls.
	if uint64(n) <= uint64(f.r.Buffered()) {
		return readGrowing(f.r, int(n))
	}
	if err := f.conn.SetReadDeadline(time.Now().Add(frameTimeout)); err != nil {
		return nil, err
	}
	b, err := readGrowing(f.r, int(n))
	if err != nil {
		return nil, err
	}
	return b, f.conn.SetReadDeadline(time.Time{})
}

// readGrowing reads n bytes into memory that grows with the received bytes,
// because announcing a length costs its sender nothing.
func readGrowing(r io.Reader, n int) ([]byte, error) {
	b := make([]byte, min(n, 64<<10)) // doubles as bytes arrive
	for read := 0; ; {
		if _, err := io.ReadFull(r, b[read:]); err != nil {
			return nil, err
		}
		read = len(b)
		if read == n {
			return b, nil
		}
		// Memory doubles, so that it is at most twice the bytes that have
		// arrived.
		b = append(b, make([]byte, min(n-read, read))...)
	}
}

// frameWriter writes frames. A write that blocks for frameTimeout fails.
type frameWriter struct{ w *bufio.Writer }

// timedWriter sets the deadline of each write of a full buffer, since most
// frames only fill it.
type timedWriter struct{ conn net.Conn }

func (t timedWriter) Write(b []byte) (int, error) {
	if err := t.conn.SetWriteDeadline(time.Now().Add(frameTimeout)); err != nil {
		return 0, err
	}
	return t.conn.Write(b)
}

// newFrameReader buffers 64 KiB.
func newFrameReader(c net.Conn, limit uint32) frameReader {
	return frameReader{c, bufio.NewReaderSize(c, 64<<10), limit}
}

// newFrameWriter buffers 64 KiB.
func newFrameWriter(c net.Conn) frameWriter {
	return frameWriter{bufio.NewWriterSize(timedWriter{c}, 64<<10)}
}

// write sends a frame. last flushes the buffer; the caller sets it if no
// further frame waits.
func (f *frameWriter) write(data []byte, last bool) error {
	var size [4]byte
	binary.BigEndian.PutUint32(size[:], uint32(len(data)))
	if _, err := f.w.Write(size[:]); err != nil {
		return err
	}
	if _, err := f.w.Write(data); err != nil {
		return err
	}
	if last { // otherwise the next frame follows at once
		return f.w.Flush()
	}
	return nil
}
