package ledger_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
)

// sender sends as any member and checks refusals by code.
type sender struct {
	t *testing.T
	n *ledger.Network
}

func (s sender) send(party string, m ledger.Message) error {
	s.t.Helper()
	c, err := s.n.Client(party)
	require.NoError(s.t, err)
	_, err = c.Send(s.t.Context(), m)
	return err
}

func (s sender) refused(code string, err error) {
	s.t.Helper()
	require.True(s.t, errors.Is(err, &ledger.Refusal{Code: code}), "want a refusal %s, got %v", code, err)
}

func scheme(ders ...string) ledger.Scheme {
	s := ledger.Scheme{Columns: []string{"capacity, MW"}}
	for _, d := range ders {
		s.Rows = append(s.Rows, ledger.Row{DER: d, Values: []ledger.Micro{ledger.One}})
	}
	return s
}
