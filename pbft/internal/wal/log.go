package wal

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/internal/planted"
	"github.com/trigrid/trigrid/pbft"
)

// Log is a write-ahead log in segments, see frame.go, with checkpoints in files
// of their own, so that a state may be larger than a frame. It has the methods
// of Storage in package replica.
//
// A stable checkpoint starts a new segment, which begins with the checkpoint's
// certificate and the latest records about views. The oldest segments are
// deleted if all their numbers are at or below a stable checkpoint. The head
// lists the oldest and the newest segment, so that a missing one is damage.
type Log struct {
	disk    Disk
	head    head
	listed  uint64            // newest segment of the head on the disk
	next    uint64            // number of the next frame
	top     map[uint64]uint64 // highest sequence number per segment
	mistake planted.Switch

	entered []byte // latest of their kinds, encoded
	asked   []byte
	low     []byte
}

// Create makes a new log with a random salt. The error wraps [ErrLogExists] if
// the disk has one.
func Create(disk Disk, salt [16]byte) (*Log, error) { return create(disk, head{salt: salt}) }

// CreateAfter makes a new log after one of an age, which is lost: the replica
// observes. A crash leaves no log, or one whose replica observes.
func CreateAfter(disk Disk, salt [16]byte, age Age) (*Log, error) {
	return create(disk, head{salt: salt, generation: age.Generation + 1, observing: true})
}

// create makes a new log with a head.
func create(disk Disk, h head) (*Log, error) {
	l := &Log{disk: disk, top: map[uint64]uint64{}}
	names, err := disk.List()
	if err != nil {
		return nil, fmt.Errorf("replica: %w", err)
	}
	segments, err := l.numbers(SegmentPrefix)
	if err != nil {
		return nil, err
	}
	if slices.Contains(names, HeadName) || len(segments) > 0 {
		return nil, fmt.Errorf("%w: %s; open it instead", ErrLogExists, disk.Path(HeadName))
	}
	l.head, l.head.first, l.head.last = h, 1, 1
	l.next, l.listed = 1, 1
	// The segment comes first, because a head without it is damage.
	if err := l.flush(SegmentName(1), nil); err != nil {
		return nil, err
	}
	return l, l.writeHead()
}

// Open opens a log and checks every frame, so that damage is found before the
// replica votes. The error wraps [ErrNoLog] or [ErrDamaged].
func Open(disk Disk) (*Log, error) { return OpenWith(disk, planted.Switch{}) }

// OpenWith is Open with a deliberate mistake, see package planted.
func OpenWith(disk Disk, mistake planted.Switch) (*Log, error) {
	l := &Log{disk: disk, mistake: mistake, next: 1, top: map[uint64]uint64{}}
	if err := l.readHead(); err != nil {
		return nil, err
	}
	l.listed = l.head.last
	segments, err := l.numbers(SegmentPrefix)
	if err != nil {
		return nil, err
	}
	// A crash can leave older segments than the first, and one that is newer
	// than the last.
	for len(segments) > 0 && segments[0] < l.head.first {
		if err := disk.Remove(SegmentName(segments[0])); err != nil {
			return nil, fmt.Errorf("replica: %w", err)
		}
		segments = segments[1:]
	}
	for i := l.head.first; i <= l.head.last; i++ {
		if !slices.Contains(segments, i) {
			return nil, fmt.Errorf("%w: %s is missing; %s", ErrDamaged, disk.Path(SegmentName(i)), damagedFix)
		}
	}
	var stable *pbft.StableRecord // the last one
	for i, n := range segments {
		last := i == len(segments)-1
		records, end, err := l.read(n, last)
		if err != nil {
			return nil, err
		}
		// rotate needs the highest number of each segment and the latest
		// records about views.
		for j := range records {
			l.note(n, &records[j], pbft.EncodeRecord(records[j]))
			if records[j].Stable != nil {
				stable = records[j].Stable
			}
		}
		if last { // only the last segment can have an incomplete frame
			if err := disk.Truncate(SegmentName(n), end); err != nil {
				return nil, fmt.Errorf("replica: %w", err)
			}
		}
	}
	l.head.last = segments[len(segments)-1]
	if stable != nil {
		if _, err := l.readState(stable); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// note updates the data about a segment for one of its records.
func (l *Log) note(segment uint64, r *pbft.Record, encoded []byte) {
	if seq, numbered := r.Seq(); numbered {
		l.top[segment] = max(l.top[segment], seq)
	}
	switch {
	case r.Entered != nil:
		l.entered = encoded
	case r.Asked != nil:
		l.asked = encoded
	case r.Low != nil:
		l.low = encoded
	}
}

// Load returns all records that are not superseded, in the order of Append. Of
// the stable checkpoints it returns the last one.
func (l *Log) Load() ([]pbft.Record, error) {
	next := l.next
	defer func() { l.next = next }()
	l.next = 1
	var out []pbft.Record
	for n := l.head.first; n <= l.head.last; n++ {
		records, _, err := l.read(n, n == l.head.last)
		if err != nil {
			return nil, err
		}
		out = append(out, records...)
	}
	last := -1 // place of the last checkpoint
	for i := range out {
		if out[i].Stable != nil {
			last = i
		}
	}
	if last < 0 {
		return out, nil
	}
	state, err := l.readState(out[last].Stable)
	if err != nil {
		return nil, err
	}
	out[last].Stable.State = pbft.NewStateParts(state)
	kept := out[:0]
	for i := range out {
		if out[i].Stable == nil || i == last {
			kept = append(kept, out[i])
		}
	}
	return kept, nil
}

// Append adds records. All records up to a stable checkpoint share one frame,
// so one Ready costs one sync in the usual case.
func (l *Log) Append(records []pbft.Record) error {
	var frame [][]byte
	for i := range records {
		r := &records[i]
		// A stable checkpoint is the first record of its segment.
		if r.Stable != nil {
			if err := l.write(frame); err != nil {
				return err
			}
			frame = nil
			if err := l.rotate(r.Stable); err != nil {
				return err
			}
			continue
		}
		b := pbft.EncodeRecord(*r)
		l.note(l.head.last, r, b)
		frame = append(frame, b)
	}
	return l.write(frame)
}

// rotate stores a state and starts a segment with its certificate. It then
// deletes the oldest segments that the checkpoint supersedes, and older states.
// A segment that follows one that is still needed stays, so that no gap arises.
//
// Each step is durable before the next. A crash between two of them leaves
// files that nothing refers to, which Open and the next rotate remove.
func (l *Log) rotate(stable *pbft.StableRecord) error {
	seq := stable.Certificate.Header.Seq
	if err := l.writeState(seq, stable.State); err != nil {
		return err
	}
	// The frame goes to the new segment, which the head does not list yet.
	l.head.last++
	frame := [][]byte{encodeStable(stable)}
	for _, b := range [][]byte{l.entered, l.asked, l.low} {
		if b != nil {
			frame = append(frame, b)
		}
	}
	if err := l.write(frame); err != nil {
		return err
	}
	// The new segment is durable. Old ones go after the head, so that a crash
	// is not damage.
	before := l.head.first
	for l.head.first < l.head.last && l.top[l.head.first] <= seq {
		l.head.first++
	}
	if err := l.writeHead(); err != nil {
		return err
	}
	l.listed = l.head.last
	for n := before; n < l.head.first; n++ {
		if err := l.disk.Remove(SegmentName(n)); err != nil {
			return fmt.Errorf("replica: %w", err)
		}
		delete(l.top, n)
	}
	return l.removeStates(seq)
}

// encodeStable encodes a checkpoint with the size of its state instead of the
// state.
func encodeStable(s *pbft.StableRecord) []byte {
	without := *s
	without.State = pbft.NewStateParts(binary.BigEndian.AppendUint64(nil, uint64(s.State.Size())))
	return pbft.EncodeRecord(pbft.Record{Stable: &without})
}

// stateNumber is the number of the first frame of a checkpoint. Frames of
// different checkpoints have different numbers, so that none can be taken for
// another.
func stateNumber(seq uint64) uint64 { return seq << 24 }

// writeState writes a state in frames of stateFrame bytes to a file of its own.
func (l *Log) writeState(seq uint64, state pbft.StateParts) error {
	name := stateName(seq)
	// A crash can have left a part of it.
	old, err := l.numbers(StatePrefix)
	if err != nil {
		return err
	}
	if slices.Contains(old, seq) {
		if err := l.disk.Remove(name); err != nil {
			return fmt.Errorf("replica: %w", err)
		}
	}
	number := stateNumber(seq)
	frame := func(b []byte) error {
		l.head.seal(number, b)
		number++
		if err := l.disk.Append(name, b); err != nil {
			return fmt.Errorf("replica: %w", err)
		}
		return nil
	}
	// Parts are collected in one frame after the other.
	b := make([]byte, frameHeader, frameHeader+min(state.Size(), stateFrame))
	for part := range state.All() {
		for len(part) > 0 {
			if len(b) == frameHeader+stateFrame {
				if err := frame(b); err != nil {
					return err
				}
				b = b[:frameHeader]
			}
			n := min(len(part), frameHeader+stateFrame-len(b))
			b, part = append(b, part[:n]...), part[n:]
		}
	}
	if err := frame(b); err != nil { // an empty state has one frame
		return err
	}
	if err := l.disk.Sync(name); err != nil {
		return fmt.Errorf("replica: %w", err)
	}
	return nil
}

// readState reads the state of a checkpoint. It was durable before the
// checkpoint's record, so that a missing part is damage.
func (l *Log) readState(s *pbft.StableRecord) ([]byte, error) {
	seq := s.Certificate.Header.Seq
	name := stateName(seq)
	damaged := fmt.Errorf("%w: %s; %s", ErrDamaged, l.disk.Path(name), damagedFix)
	b, err := l.disk.Read(name)
	size := s.State.Join()
	if err != nil || len(size) != 8 {
		return nil, damaged
	}
	var state []byte
	for number := stateNumber(seq); len(b) > 0; number++ {
		part, _, ok := l.head.frameAt(number, b)
		if !ok {
			return nil, damaged
		}
		state = append(state, part...)
		b = b[frameHeader+len(part):]
	}
	// Frames at the end can be missing, with all others intact.
	if uint64(len(state)) != binary.BigEndian.Uint64(size) {
		return nil, damaged
	}
	return state, nil
}

// removeStates removes all states but one.
func (l *Log) removeStates(keep uint64) error {
	states, err := l.numbers(StatePrefix)
	if err != nil {
		return err
	}
	for _, seq := range states {
		if seq != keep {
			if err := l.disk.Remove(stateName(seq)); err != nil {
				return fmt.Errorf("replica: %w", err)
			}
		}
	}
	return nil
}

// Files returns the names of all files that the log needs.
func (l *Log) Files() ([]string, error) {
	out := []string{HeadName}
	for n := l.head.first; n <= l.head.last; n++ {
		out = append(out, SegmentName(n))
	}
	records, err := l.Load()
	for i := range records {
		if s := records[i].Stable; s != nil {
			out = append(out, stateName(s.Certificate.Header.Seq))
		}
	}
	return out, err
}
