package node

import (
	"fmt"
	"iter"

	"github.com/trigrid/trigrid/ledger"
)

// Blocks returns the blocks of a store from a height on, in order, up to the
// first one that is missing. The pair of an error is the last one. The store's
// node need not run.
func Blocks(s Store, from uint64) iter.Seq2[ledger.CommittedBlock, error] {
	return func(yield func(ledger.CommittedBlock, error) bool) {
		for height := max(from, 1); ; height++ {
			v, err := s.Get(blockKey(height))
			if err == nil && v == nil {
				return
			}
			var b ledger.CommittedBlock
			if err == nil {
				err = ledger.Decode("stored block", v, &b)
			}
			if err == nil && (b.Header.Height != height || !follows(&b, &b.Header)) {
				err = fmt.Errorf("node: block %d of the store does not match its header; restore the file from a copy", height)
			}
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}
