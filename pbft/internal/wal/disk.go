// Package wal is the log of one replica on a [Disk]. pbft/replica runs it on
// files, pbft/sim on a simulated disk that loses power.
package wal

import "errors"

// Disk is one folder. A name is the name of a file in it. It is not safe for
// concurrent use.
type Disk interface {
	// List returns the names of all files in any order.
	List() ([]string, error)
	// Read returns a file. The error wraps fs.ErrNotExist if there is none.
	Read(name string) ([]byte, error)
	// Append adds data to the end of a file and creates it if necessary. A loss
	// of power before Sync can keep any prefix of it, or the new length with
	// zeros.
	Append(name string, data []byte) error
	// Sync makes a file and its name durable.
	Sync(name string) error
	// Replace makes data the whole content of a file. After a loss of power the
	// file has the old or the new content; after the return, the new one.
	Replace(name string, data []byte) error
	// Truncate cuts a file off.
	Truncate(name string, size int64) error
	// Remove removes a file. A loss of power can bring it back.
	Remove(name string) error
	// Path returns the file's name for messages.
	Path(name string) string
}

// Errors of a log.
var (
	// ErrDamaged is wrapped by the error about a log with missing or changed
	// records.
	ErrDamaged = errors.New("replica: write-ahead log is damaged")
	// ErrNoLog means that the folder has no log, for example because a disk is
	// not mounted.
	ErrNoLog = errors.New("replica: no write-ahead log")
	// ErrLogExists means that the folder has a log already.
	ErrLogExists = errors.New("replica: write-ahead log exists")
	// ErrOwner means that the log belongs to another replica or chain.
	ErrOwner = errors.New("replica: write-ahead log of another owner")
)

// damagedFix is the way on for the operator of a damaged log.
const damagedFix = "use RepairFileStorage, so that the replica fetches its state from the others before it votes"
