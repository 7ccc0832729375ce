package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/pbft"
)

// Names of files.
const (
	HeadName      = "head"
	SegmentPrefix = "segment-"
	StatePrefix   = "state-"
)

// Owner identifies the replica to which a log belongs.
type Owner struct {
	Chain   pbft.Digest
	Replica pbft.ReplicaID
}

// head is the content of the file "head", which is replaced as a whole.
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

// SegmentName returns the file of segment n.
func SegmentName(n uint64) string { return fmt.Sprintf("%s%016d", SegmentPrefix, n) }

// stateName returns the file of the checkpoint at a number.
func stateName(seq uint64) string { return fmt.Sprintf("%s%016d", StatePrefix, seq) }

// numbers returns the numbers of the files with a prefix in ascending order.
func (l *Log) numbers(prefix string) ([]uint64, error) {
	names, err := l.disk.List()
	if err != nil {
		return nil, fmt.Errorf("replica: %w", err)
	}
	var out []uint64
	for _, name := range names {
		var n uint64
		if strings.HasPrefix(name, prefix) {
			if _, err := fmt.Sscanf(name, prefix+"%d", &n); err == nil {
				out = append(out, n)
			}
		}
	}
	slices.Sort(out)
	return out, nil
}

// readHead reads the file "head".
func (l *Log) readHead() error {
	b, err := l.disk.Read(HeadName)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: there is no %s; mount its disk, or make a new log", ErrNoLog, l.disk.Path(HeadName))
	}
	if err != nil {
		return fmt.Errorf("replica: %w", err)
	}
	// Without the salt, which is in the head itself.
	if len(b) < 4 || crc32.Checksum(b[4:], castagnoli) != binary.BigEndian.Uint32(b) {
		return fmt.Errorf("%w: %s; %s", ErrDamaged, l.disk.Path(HeadName), damagedFix)
	}
	if err := codec.Decode(b[4:], l.head.code); err != nil {
		return fmt.Errorf("%w: %s: %w; %s", ErrDamaged, l.disk.Path(HeadName), err, damagedFix)
	}
	return nil
}

// writeHead replaces the file "head".
func (l *Log) writeHead() error {
	b := codec.Append(make([]byte, 4), l.head.code)
	binary.BigEndian.PutUint32(b, crc32.Checksum(b[4:], castagnoli))
	if err := l.disk.Replace(HeadName, b); err != nil {
		return fmt.Errorf("replica: %w", err)
	}
	return nil
}

// Claim makes a new log that of a replica, and checks the owner of an old one. The error wraps
// [ErrOwner].
func (l *Log) Claim(o Owner) error {
	if l.head.owned { // only the first claim is free
		if l.head.owner != o {
			return fmt.Errorf("%w: %s is that of replica %d of chain %v, not of replica %d of chain %v; use its own folder",
				ErrOwner, l.disk.Path(HeadName), l.head.owner.Replica, l.head.owner.Chain, o.Replica, o.Chain)
		}
		return nil
	}
	l.head.owned, l.head.owner = true, o
	return l.writeHead()
}
