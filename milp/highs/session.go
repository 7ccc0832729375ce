package highs

import (
	"errors"

	"github.com/trigrid/trigrid/milp"
)

// Open implements [milp.Opener].
func (s Solver) Open(m *milp.Model) (milp.Session, error) { return nil, errors.New("not yet") }
