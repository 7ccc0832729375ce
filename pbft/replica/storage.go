package replica

import "github.com/trigrid/trigrid/pbft"

// Storage keeps a replica's [pbft.Record]s. Without one (nil) a replica works in memory only; see the package comment for
// what that means after a crash.
type Storage interface {
	// Load returns everything appended and not superseded, in the order of Append.
	Load() ([]pbft.Record, error)
	// Append returns after all records would survive a crash. It may drop what a [pbft.StableRecord] among them supersedes.
	Append(records []pbft.Record) error
	Close() error
}
