// Package store keeps solutions of programs in a folder, so that a killed run
// continues and another run with the same data reuses them.
//
//	folder, err := store.Open("solved")
//	solver, err := store.New(folder, highs.Solver{}) // solves as the inner solver does
//	plan, err := problem.Solve(ctx, solver)           // reads the solution, or solves and stores it
//
// [Folder] stores bytes under a [Key]. [Solver] stores solutions in a folder;
// it is the vpp.StoringSolver of a run.
//
// # Files
//
// Each record is one file, "3f/3f9a….sol" for the key 3f9a…:
//
//	"trigrid" | version, 1 byte | key, 32 bytes | SHA-256 of key and data, 32 bytes | data
//
// A writer creates a temporary file in the same folder and renames it. A reader
// therefore finds a whole file or none, with any number of writers and after a
// kill at any moment. A loss of power can leave a file damaged, which its
// checksum shows.
package store

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Key is the SHA-256 of everything that a record follows from.
type Key [sha256.Size]byte

// Folder is a folder of records. It is safe for concurrent use, also by several
// processes.
type Folder struct {
	path   string
	locked error // why the folder is only read, see Open; nil: it is written, too
}

// header begins every file. Its last byte is the version of the format.
var header = []byte("trigrid\x01")

// staleAfter is the age at which a temporary file is left over: no writer takes
// so long.
const staleAfter = time.Hour

// Open returns the folder with a path and creates it if necessary. It removes
// temporary files of killed writers. If files cannot be written there, such as
// in the published folder of another user, the records that it has are only
// read, see [Folder.ReadOnly]. Open returns an error if there are none.
func Open(path string) (*Folder, error) {
	f := &Folder{path: path}
	err := os.MkdirAll(path, 0o755)
	if err == nil {
		err = f.try()
	}
	if err == nil {
		f.tidy()
		return f, nil
	}
	if records, _ := filepath.Glob(filepath.Join(path, "??", "*.sol")); len(records) > 0 {
		f.locked = err
		return f, nil
	}
	return nil, fmt.Errorf("store: folder %s cannot be written: %w; name another folder, or allow writing", path, err)
}

// ReadOnly returns the error of [Folder.Put] for every record if the folder
// cannot be written, nil otherwise.
func (f *Folder) ReadOnly() error {
	if f.locked == nil {
		return nil
	}
	return fmt.Errorf("store: folder %s cannot be written, so that its solutions are only read: %w", f.path, f.locked)
}

// Path returns the path of the folder.
func (f *Folder) Path() string { return f.path }

// try creates and removes a temporary file.
func (f *Folder) try() error {
	file, err := os.CreateTemp(f.path, temporary)
	if err != nil {
		return err
	}
	_, err = file.Write(header) // a full disk can still create empty files
	return errors.Join(err, file.Close(), os.Remove(file.Name()))
}

// temporary is the pattern of temporary files.
const temporary = "*.tmp"

// tidy removes temporary files of killed writers. A failure has no effect on
// records.
func (f *Folder) tidy() {
	for _, pattern := range []string{temporary, filepath.Join("??", temporary)} {
		found, _ := filepath.Glob(filepath.Join(f.path, pattern))
		for _, name := range found {
			if info, err := os.Stat(name); err == nil && time.Since(info.ModTime()) > staleAfter {
				os.Remove(name)
			}
		}
	}
}

// file returns the path of a record. One folder for each first byte of the key
// keeps folders small.
func (f *Folder) file(k Key) string {
	name := fmt.Sprintf("%x", k[:])
	return filepath.Join(f.path, name[:2], name+".sol")
}

// Get returns the data of a record. A file that is missing, unreadable,
// damaged, of another version or of another key is no record.
func (f *Folder) Get(k Key) ([]byte, bool) {
	content, err := os.ReadFile(f.file(k))
	if err != nil {
		return nil, false
	}
	rest, ok := bytes.CutPrefix(content, header)
	if !ok || len(rest) < len(k)+sha256.Size || !bytes.Equal(rest[:len(k)], k[:]) {
		return nil, false
	}
	sum, data := rest[len(k):len(k)+sha256.Size], rest[len(k)+sha256.Size:]
	return data, bytes.Equal(sum, checksum(k, data))
}

// Put stores a record and replaces a file of the same key. After an error the
// record may be absent.
func (f *Folder) Put(k Key, data []byte) error {
	if err := f.ReadOnly(); err != nil {
		return err
	}
	target := f.file(k)
	if err := f.put(target, k, data); err != nil {
		// On some systems no file can replace one that another process reads.
		// That file is as good.
		if _, ok := f.Get(k); !ok {
			return fmt.Errorf("store: %s cannot be written: %w", target, err)
		}
	}
	return nil
}

func (f *Folder) put(target string, k Key, data []byte) error {
	folder := filepath.Dir(target)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(folder, temporary)
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // fails without effect after the rename
	for _, part := range [][]byte{header, k[:], checksum(k, data), data} {
		if err == nil {
			_, err = file.Write(part)
		}
	}
	if err == nil {
		err = file.Chmod(0o644) // temporary files are private
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), target)
}

// checksum returns the SHA-256 of a key and its data.
func checksum(k Key, data []byte) []byte {
	sum := sha256.New()
	sum.Write(k[:])
	sum.Write(data)
	return sum.Sum(nil)
}
