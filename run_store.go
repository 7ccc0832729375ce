package trigrid

import (
	"fmt"

	"github.com/trigrid/trigrid/internal/store"
)

// openStore replaces the solver by one that reads and stores solutions in the folder Store. It
// returns nil without a folder, and with the reason if solutions of the solver cannot be stored.
func (o *Options) openStore() (solved *store.Solver, warning string, err error) {
	if o.Store == "" {
		return nil, "", nil
	}
	folder, err := store.Open(o.Store)
	if err != nil {
		return nil, "", fmt.Errorf("options: %w", err)
	}
	solved, err = store.New(folder, o.Solver)
	if err != nil {
		return nil, fmt.Sprintf("no solution is read from %s or stored there: %v", o.Store, err), nil
	}
	o.Solver = solved.Forward()
	return solved, "", nil
}

// addStore sets the counts of a store, nil for none.
func (t *Timing) addStore(solved *store.Solver) {
	if solved == nil {
		return
	}
	t.Reused, t.Computed = solved.Read(), solved.Solved()
	if err := solved.Err(); err != nil {
		t.NotStored = err.Error()
	}
}
