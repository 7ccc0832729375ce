package replica

import "github.com/trigrid/trigrid/pbft"

var (
	_ Storage = (*FileStorage)(nil)
	_ Storage = (*pbft.MemoryStorage)(nil)
)

// Storage is the log of one replica. [FileStorage] keeps it in files and
// [pbft.MemoryStorage] in memory. A replica without a storage (nil) loses its
// votes when it stops, see the package comment of pbft. A driver calls the
// methods from one goroutine at a time.
type Storage interface {
	// Load returns all appended records that are not superseded, in the order
	// of Append.
	Load() ([]pbft.Record, error)
	// Append returns after the records would survive a crash. It may delete
	// records that a [pbft.StableRecord] among them supersedes.
	Append(records []pbft.Record) error
	// Close releases the log's resources. The records remain.
	Close() error
}
