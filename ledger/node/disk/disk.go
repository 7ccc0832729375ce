//go:build !js

// Package disk keeps a [node.Store] in one file, by go.etcd.io/bbolt. A second
// process that opens the file gets an error. The folder of a replica has this
// file beside its write-ahead log.
package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/trigrid/trigrid/ledger/node"
	"github.com/trigrid/trigrid/pbft/replica"
)

// Store is a [node.Store] in a file.
type Store struct{ db *bbolt.DB }

var _ node.Store = (*Store)(nil)

// bucket has all entries.
var bucket = []byte("trigrid")

// lockTimeout limits the wait for the lock of the file.
const lockTimeout = 200 * time.Millisecond

// Open opens the file, and creates it if it is missing. An error of another
// process that uses the file wraps [replica.ErrLocked].
func Open(path string) (*Store, error) {
	var db *bbolt.DB
	err := guarded(func() (err error) {
		db, err = bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockTimeout, FreelistType: bbolt.FreelistMapType})
		return err
	})
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, fmt.Errorf("%w: %s is open in another process; stop that one first", replica.ErrLocked, path)
	}
	if err != nil {
		return nil, fmt.Errorf("node: store %s: %w", path, err)
	}
	err = guarded(func() error {
		return db.Update(func(tx *bbolt.Tx) error {
			_, err := tx.CreateBucketIfNotExists(bucket)
			return err
		})
	})
	if errors.Is(err, ErrDamaged) {
		// Close could wait for the transaction that the panic left open.
		return nil, fmt.Errorf("node: store %s: %w", path, err)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("node: store %s: %w", path, err), db.Close())
	}
	return &Store{db}, nil
}

// ErrDamaged is wrapped by errors about a file whose pages are not those of a
// store. The replica stops; its operator restores the file from a copy, or
// removes log and file and starts the replica without its log, so that it
// fetches the chain from the others.
var ErrDamaged = errors.New("the file is damaged; restore it from a copy, or remove it and the log and start with -lost-log")

// guarded calls f and returns its panic as an error. bbolt panics on a page
// that it cannot read, and a file that is too short faults in the mapped
// memory; both would else end the process without the name of the file.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%w (%v)", ErrDamaged, cause)
		}
	}()
	return f()
}

// Get implements [node.Store].
func (s *Store) Get(key string) (value []byte, err error) {
	err = guarded(func() error {
		return s.db.View(func(tx *bbolt.Tx) error {
			// The bytes of bbolt are valid within the transaction only.
			if v := tx.Bucket(bucket).Get([]byte(key)); v != nil {
				value = append([]byte{}, v...)
			}
			return nil
		})
	})
	return value, s.wrap(err)
}

// Write implements [node.Store].
func (s *Store) Write(entries []node.Entry) error {
	return s.wrap(guarded(func() error { return s.db.Update(put(entries)) }))
}

// put returns the transaction that writes entries: all of them or none.
func put(entries []node.Entry) func(*bbolt.Tx) error {
	return func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucket)
		for _, e := range entries {
			if e.Value == nil {
				if err := b.Delete([]byte(e.Key)); err != nil {
					return err
				}
			} else if err := b.Put([]byte(e.Key), e.Value); err != nil {
				return err
			}
		}
		return nil
	}
}

// Size implements [node.Store].
func (s *Store) Size() (size int64) {
	_ = s.db.View(func(tx *bbolt.Tx) error { // fails after Close only
		size = tx.Size()
		return nil
	})
	return size
}

// Close implements [node.Store].
func (s *Store) Close() error { return s.wrap(s.db.Close()) }

// wrap names the file in an error.
func (s *Store) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("node: store %s: %w", s.db.Path(), err)
}

// Folder is the data of a replica on a disk.
type Folder struct {
	Log   *replica.FileStorage
	Store *Store
}

// Names of the parts of a folder.
const (
	logName   = "log"
	storeName = "chain.db"
)

// ErrNew is wrapped by [Create] for a folder that has data already.
var ErrNew = errors.New("node: the folder has a chain already")

// Create makes the data of a new replica in a folder.
func Create(folder string) (*Folder, error) {
	path := filepath.Join(folder, storeName)
	if _, err := os.Stat(path); err == nil {
		return nil, fmt.Errorf("%w: %s; open it instead of creating it", ErrNew, path)
	}
	// The log comes first: its lock keeps a second process from the store as
	// well.
	log, err := replica.CreateFileStorage(filepath.Join(folder, logName))
	if errors.Is(err, replica.ErrLogExists) {
		return nil, fmt.Errorf("%w: %w", ErrNew, err)
	}
	if err != nil {
		return nil, err
	}
	store, err := Open(path)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return &Folder{log, store}, nil
}

// Repair replaces a log that is damaged, incomplete or restored from a copy by
// a new one, and keeps the store; see [replica.RepairFileStorage]. Without any
// log it makes the data of a replica that has lost everything.
func Repair(folder string) (*Folder, error) {
	log, err := replica.RepairFileStorage(filepath.Join(folder, logName))
	if errors.Is(err, replica.ErrNoLog) {
		log, err = replica.CreateFileStorage(filepath.Join(folder, logName))
	}
	if err != nil {
		return nil, err
	}
	store, err := Open(filepath.Join(folder, storeName))
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return &Folder{log, store}, nil
}

// OpenFolder opens the data of a replica that has run before. The lock of the
// log shows whether another process uses it.
func OpenFolder(folder string) (*Folder, error) {
	path := filepath.Join(folder, storeName)
	log, err := replica.OpenFileStorage(filepath.Join(folder, logName))
	if err != nil {
		return nil, err
	}
	// A store that is made here would be empty, and hide that the old one is
	// not mounted.
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(fmt.Errorf("node: the folder has a log, but no %s; mount its disk or restore the file", path), log.Close())
	}
	store, err := Open(path)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return &Folder{log, store}, nil
}

// Close releases both parts.
func (f *Folder) Close() error { return errors.Join(f.Store.Close(), f.Log.Close()) }
