package sim

import (
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/trigrid/trigrid/pbft/internal/wal"
)

// disk is the disk of one replica, on which its log has the real format. A loss
// of power takes unsynced data: a file keeps a random prefix of it, or the
// length with zeros, and names that are not synced may be lost or come back.
//
// It has a source of its own, so that runs with other logs draw the same
// network.
type disk struct {
	rand    *rand.Rand
	files   map[string]*diskFile
	removed map[string]*diskFile // since the last sync of the folder
	fail    int                  // operations until the power is lost; 0 for never
}

// diskFile is one file.
type diskFile struct {
	data   []byte
	synced int  // bytes that survive
	named  bool // the name survives
}

var _ wal.Disk = (*disk)(nil)

// errPower ends an operation during which the power is lost.
var errPower = errors.New("sim: power is lost")

func newDisk(r *rand.Rand) *disk {
	return &disk{rand: r, files: map[string]*diskFile{}, removed: map[string]*diskFile{}}
}

// failing counts an operation and reports whether the power is lost during it.
func (d *disk) failing() bool {
	if d.fail == 0 {
		return false
	}
	d.fail--
	return d.fail == 0
}

// losePower leaves what survives.
func (d *disk) losePower() {
	d.fail = 0
	for _, name := range slices.Sorted(maps.Keys(d.removed)) {
		if _, again := d.files[name]; !again && d.rand.IntN(2) == 0 {
			d.files[name] = d.removed[name]
		}
	}
	clear(d.removed)
	for _, name := range slices.Sorted(maps.Keys(d.files)) {
		f := d.files[name]
		if !f.named && d.rand.IntN(2) == 0 {
			delete(d.files, name)
			continue
		}
		rest := len(f.data) - f.synced
		if rest > 0 && d.rand.IntN(4) == 0 {
			f.data = append(f.data[:f.synced:f.synced], make([]byte, rest)...)
		} else {
			f.data = f.data[:f.synced+d.rand.IntN(rest+1)]
		}
		f.synced, f.named = len(f.data), true
	}
}

// syncFolder makes names durable.
func (d *disk) syncFolder() {
	clear(d.removed)
	for _, f := range d.files {
		f.named = true
	}
}

// Path implements [wal.Disk].
func (d *disk) Path(name string) string { return name }

// List implements [wal.Disk].
func (d *disk) List() ([]string, error) { return slices.Sorted(maps.Keys(d.files)), nil }

// Read implements [wal.Disk].
func (d *disk) Read(name string) ([]byte, error) {
	if f := d.files[name]; f != nil {
		return slices.Clone(f.data), nil
	}
	return nil, fs.ErrNotExist
}

// Append implements [wal.Disk].
func (d *disk) Append(name string, data []byte) error {
	f := d.files[name]
	if f == nil {
		f = &diskFile{}
		d.files[name] = f
	}
	f.data = append(f.data, data...)
	if d.failing() {
		return errPower
	}
	return nil
}

// Sync implements [wal.Disk].
func (d *disk) Sync(name string) error {
	failing := d.failing()
	if failing && d.rand.IntN(2) == 0 {
		return errPower
	}
	f := d.files[name]
	f.synced = len(f.data)
	d.syncFolder()
	if failing {
		return errPower
	}
	return nil
}

// Replace implements [wal.Disk].
func (d *disk) Replace(name string, data []byte) error {
	failing := d.failing()
	if failing && d.rand.IntN(2) == 0 {
		return errPower
	}
	d.files[name] = &diskFile{data: slices.Clone(data), synced: len(data)}
	d.syncFolder()
	if failing {
		return errPower
	}
	return nil
}

// Truncate implements [wal.Disk].
func (d *disk) Truncate(name string, size int64) error {
	f := d.files[name]
	f.data = f.data[:size]
	f.synced = min(f.synced, len(f.data))
	return nil
}

// Remove implements [wal.Disk].
func (d *disk) Remove(name string) error {
	f := d.files[name]
	if f == nil {
		return fs.ErrNotExist
	}
	d.removed[name] = f
	delete(d.files, name)
	if d.failing() {
		return errPower
	}
	return nil
}

// flip changes one bit of one of the files and returns the file's name.
func (d *disk) flip(names []string) string {
	name := names[d.rand.IntN(len(names))]
	f := d.files[name]
	if len(f.data) == 0 {
		return d.flip(names) // the head is not empty
	}
	f.data[d.rand.IntN(len(f.data))] ^= 1 << d.rand.IntN(8)
	return name
}
