package replica

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/internal/wal"
)

// FileStorage is a [Storage] in a folder of its own: a write-ahead log in
// segments, the last stable checkpoint in a file of its own, a file "head" and
// a file "lock". [CreateFileStorage] makes a new log, and [OpenFileStorage]
// opens it again.
//
// Each Append writes and syncs one frame. An incomplete frame at the end of the
// last segment is the trace of a crash during Append. Its records were not
// acknowledged, so it is cut off. Any other damage, and a missing file, has
// another cause, and [OpenFileStorage] returns [ErrDamaged]: without those
// records the replica could contradict itself.
type FileStorage struct {
	dir   string
	lock  *os.File
	disk  *osDisk
	log   *wal.Log
	guard *guard // nil without one
}

// Owner identifies the replica to which a log belongs.
type Owner = wal.Owner

// Errors of [CreateFileStorage], [OpenFileStorage] and [FileStorage.Claim].
var (
	ErrDamaged   = wal.ErrDamaged   // records are missing or changed
	ErrNoLog     = wal.ErrNoLog     // the folder has no log, for example because a disk is not mounted
	ErrLogExists = wal.ErrLogExists // the folder has a log already
	ErrOwner     = wal.ErrOwner     // the log belongs to another replica or chain
	// ErrLocked means that another process has opened the log. Two processes
	// with one log would contradict each other under one key.
	ErrLocked = errors.New("replica: write-ahead log is in use")
)

// lockName is the file that is locked.
const lockName = "lock"

// CreateFileStorage makes a new log in dir, with the folder if necessary. The
// error wraps [ErrLogExists] or [ErrLocked]. A replica that has lost its log
// needs Config.Restarted with the new one.
func CreateFileStorage(dir string) (*FileStorage, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("replica: %w", err)
	}
	// After an interrupted repair the folder looks new, but the replica has
	// voted.
	if lost, _ := filepath.Glob(filepath.Join(dir, lostPrefix+"*")); len(lost) > 0 {
		return nil, fmt.Errorf("%w: %s has the files of a lost log; use RepairFileStorage", ErrDamaged, lost[0])
	}
	// Without this, a crash could lose the folder itself.
	if err := syncFolder(filepath.Dir(filepath.Clean(dir))); err != nil {
		return nil, err
	}
	return startFileStorage(dir, func(d wal.Disk) (*wal.Log, error) {
		var salt [16]byte
		if _, err := rand.Read(salt[:]); err != nil {
			return nil, fmt.Errorf("replica: %w", err)
		}
		return wal.Create(d, salt)
	})
}

// OpenFileStorage opens the log in dir and checks every frame. The error wraps
// [ErrNoLog], [ErrLocked] or [ErrDamaged].
func OpenFileStorage(dir string) (*FileStorage, error) {
	if _, err := os.Stat(filepath.Join(dir, wal.HeadName)); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w in %s; mount its disk, or make a new log with CreateFileStorage", ErrNoLog, dir)
	}
	return startFileStorage(dir, wal.Open)
}

// RepairFileStorage replaces a log with damage or missing files by a new one.
// The old files stay in a folder "lost-…" in dir. The replica starts as an
// observer: it fetches the state from the others and does not vote where its
// own lost votes may be, see Config.Restarted of package pbft. Until it votes
// again it counts as one of the f faulty replicas. Repair the logs of at most f
// replicas at one time. The error wraps [ErrNoLog] or [ErrLocked].
//
// RepairFileStorage must also be used, instead of OpenFileStorage, for a folder
// that was restored from a copy.
func RepairFileStorage(dir string) (*FileStorage, error) {
	return repair(dir, wal.HeadAge(&osDisk{dir: dir}))
}

// repair is RepairFileStorage for a log of an age at least.
func repair(dir string, age wal.Age) (*FileStorage, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("%w in %s; mount its disk, or make a new log with CreateFileStorage: %w", ErrNoLog, dir, err)
	}
	return startFileStorage(dir, func(d wal.Disk) (*wal.Log, error) {
		lost, err := os.MkdirTemp(dir, lostPrefix)
		if err != nil {
			return nil, fmt.Errorf("replica: %w", err)
		}
		// The head goes first: a crash leaves no log, and the next call repairs
		// it again.
		names := []string{wal.HeadName}
		for _, e := range entries {
			if name := e.Name(); name != lockName && name != wal.HeadName && !e.IsDir() {
				names = append(names, name)
			}
		}
		for _, name := range names {
			err := os.Rename(filepath.Join(dir, name), filepath.Join(lost, name))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("replica: %w", err)
			}
			if err := syncFolder(dir); err != nil {
				return nil, err
			}
		}
		var salt [16]byte
		_, _ = rand.Read(salt[:]) // never fails
		return wal.CreateAfter(d, salt, age)
	})
}

// lostPrefix begins the names of the folders with replaced logs.
const lostPrefix = "lost-"

// startFileStorage takes the lock of a folder and starts its log.
func startFileStorage(dir string, start func(wal.Disk) (*wal.Log, error)) (*FileStorage, error) {
	lock, err := lockFile(filepath.Join(dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("%w: %s is locked by another process or log; stop that one first: %w", ErrLocked, dir, err)
	}
	s := &FileStorage{dir: dir, lock: lock, disk: &osDisk{dir: dir}}
	if s.log, err = start(s.disk); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Claim makes a new log that of a replica, and checks the owner of an old one.
// It counts a new start of the replica. The error wraps [ErrOwner].
// [StartDriver] calls it.
func (s *FileStorage) Claim(o Owner) error {
	if err := s.log.Claim(o); err != nil {
		return err
	}
	return s.mark()
}

// Observing reports whether the replica has lost votes, with this log or an
// earlier one, and has not rejoined since. [StartDriver] then starts it as an
// observer, also after a crash while it observes.
func (s *FileStorage) Observing() bool { return s.log.Observing() }

// Observe stores the answer of Observing. A driver calls it.
func (s *FileStorage) Observe(observing bool) error { return s.log.Observe(observing) }

// Load implements [Storage].
func (s *FileStorage) Load() ([]pbft.Record, error) { return s.log.Load() }

// Append implements [Storage].
func (s *FileStorage) Append(records []pbft.Record) error {
	if err := s.log.Append(records); err != nil {
		return err
	}
	return s.mark()
}

// Close implements [Storage] and releases the lock. Every appended record is
// synced already.
func (s *FileStorage) Close() error { return errors.Join(s.disk.close(), s.lock.Close()) }

// osDisk is a folder of the operating system. The file of the last Append stays
// open.
type osDisk struct {
	dir  string
	name string // of the open file
	file *os.File
	new  bool // the file's name is not durable
}

func (d *osDisk) Path(name string) string { return filepath.Join(d.dir, name) }

func (d *osDisk) List() ([]string, error) {
	entries, err := os.ReadDir(d.dir)
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out, err
}

func (d *osDisk) Read(name string) ([]byte, error) { return os.ReadFile(d.Path(name)) }

func (d *osDisk) Append(name string, data []byte) error {
	if d.name != name {
		if err := d.close(); err != nil {
			return err
		}
		_, err := os.Stat(d.Path(name))
		f, openErr := os.OpenFile(d.Path(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if openErr != nil {
			return openErr
		}
		d.name, d.file, d.new = name, f, errors.Is(err, fs.ErrNotExist)
	}
	_, err := d.file.Write(data)
	return err
}

// Sync makes the file of the last Append durable, and its name if it is new.
func (d *osDisk) Sync(name string) error {
	if d.name != name {
		return fmt.Errorf("replica: %s is not the open file", name)
	}
	if err := d.file.Sync(); err != nil {
		return err
	}
	if !d.new {
		return nil
	}
	d.new = false
	return syncFolder(d.dir)
}

// Replace writes a new file and renames it.
func (d *osDisk) Replace(name string, data []byte) error {
	temporary := d.Path(name + ".new")
	f, err := os.OpenFile(temporary, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(temporary, d.Path(name)); err != nil {
		return err
	}
	return syncFolder(d.dir)
}

func (d *osDisk) Truncate(name string, size int64) error { return os.Truncate(d.Path(name), size) }

func (d *osDisk) Remove(name string) error {
	if d.name == name { // some systems remove no open file
		if err := d.close(); err != nil {
			return err
		}
	}
	return os.Remove(d.Path(name))
}

// close closes the open file.
func (d *osDisk) close() error {
	if d.file == nil {
		return nil
	}
	err := d.file.Close()
	d.file, d.name = nil, ""
	return err
}

// syncFolder makes new and removed names in a folder durable.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("replica: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("replica: %w", err)
	}
	return nil
}
