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
	generation  uint64 // starts of the replica with this log and with those that it replaces
	observing   bool   // the replica has lost votes and does not vote yet
}

func (h *head) code(c *codec.Coder) {
	c.Fixed(h.salt[:])
	c.Uint64(&h.first)
	c.Uint64(&h.last)
	c.Bool(&h.owned)
	c.Fixed(h.owner.Chain[:])
	c.Uint32((*uint32)(&h.owner.Replica))
	c.Uint64(&h.generation)
	c.Bool(&h.observing)
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

// Claim makes a new log that of a replica, and checks the owner of an old one.
// It counts the start of the replica as a new generation. The error wraps
// [ErrOwner].
func (l *Log) Claim(o Owner) error {
	if l.head.owned && l.head.owner != o { // only the first claim is free
		return fmt.Errorf("%w: %s is that of replica %d of chain %v, not of replica %d of chain %v; use its own folder",
			ErrOwner, l.disk.Path(HeadName), l.head.owner.Replica, l.head.owner.Chain, o.Replica, o.Chain)
	}
	l.head.owned, l.head.owner = true, o
	l.head.generation++
	return l.writeHead()
}

// Age orders the states of a replica's logs: a later start, or a later
// checkpoint of one start, is greater.
type Age struct{ Generation, Segment uint64 }

// Age returns the age of the log.
func (l *Log) Age() Age { return Age{l.head.generation, l.head.last} }

// Before reports whether a is older than b.
func (a Age) Before(b Age) bool {
	return a.Generation < b.Generation || a.Generation == b.Generation && a.Segment < b.Segment
}

// Observing reports whether the replica has lost votes and has not rejoined
// since.
func (l *Log) Observing() bool { return l.head.observing }

// Observe stores that the replica has lost votes, or that it has rejoined.
func (l *Log) Observe(observing bool) error {
	if l.head.observing == observing {
		return nil
	}
	l.head.observing = observing
	return l.writeHead()
}

// HeadAge returns the age in the head of a log that may be damaged, or zero if
// the head is.
func HeadAge(disk Disk) Age {
	l := &Log{disk: disk}
	if l.readHead() != nil {
		return Age{}
	}
	return l.Age()
}
