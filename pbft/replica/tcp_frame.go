package replica

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"
)

// maxPacket bounds a frame between replicas, and from a replica to a client.
const maxPacket = 64 << 20

// errFrame ends a connection whose other end does not keep to the format.
var errFrame = errors.New("replica: frame too large")

// frameReader reads frames, each a length and so many bytes.
type frameReader struct {
	conn  net.Conn
	r     *bufio.Reader
	limit uint32
}

// read waits for a frame for as long as it takes, but once one has begun it must arrive in time.
func (f *frameReader) read() ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(f.r, size[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > f.limit {
		return nil, errFrame
	}
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

// readGrowing reads n bytes into memory that is allocated as they arrive, because a length costs its sender nothing.
func readGrowing(r io.Reader, n int) ([]byte, error) {
	b := make([]byte, min(n, 64<<10))
	for read := 0; ; {
		if _, err := io.ReadFull(r, b[read:]); err != nil {
			return nil, err
		}
		read = len(b)
		if read == n {
			return b, nil
		}
		b = append(b, make([]byte, min(n-read, read))...)
	}
}

// frameWriter writes frames. An end that takes nothing for a while is given up.
type frameWriter struct {
	conn net.Conn
	w    *bufio.Writer
}

func newFrameWriter(c net.Conn) frameWriter { return frameWriter{c, bufio.NewWriterSize(c, 64<<10)} }

// write sends a frame, at once if it is the last one for now.
func (f *frameWriter) write(data []byte, last bool) error {
	if err := f.conn.SetWriteDeadline(time.Now().Add(frameTimeout)); err != nil {
		return err
	}
	var size [4]byte
	binary.BigEndian.PutUint32(size[:], uint32(len(data)))
	if _, err := f.w.Write(size[:]); err != nil {
		return err
	}
	if _, err := f.w.Write(data); err != nil {
		return err
	}
	if last {
		return f.w.Flush()
	}
	return nil
}
