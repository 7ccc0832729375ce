package engine

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

// party signs and numbers transactions of one identity. Package client has the
// same for applications; tests inside this package cannot import it.
type party struct {
	signer   pbft.Signer
	identity ledger.Identity
	engine   ledger.Engine
	number   uint64
}

func newParty(t *testing.T, id string, role ledger.Role) *party {
	t.Helper()
	open, err := ledger.NewOpenKey(nil, ledger.SuiteX25519())
	require.NoError(t, err)
	signer := pbft.NewSigner([32]byte{'p'})
	return &party{signer: signer, identity: ledger.Identity{ID: id, Role: role, Key: signer.Public(), Seal: open.Public()}}
}

func (p *party) submit(ctx context.Context, m ledger.Message) (ledger.TxID, error) {
	p.number++
	return p.engine.Submit(ctx, ledger.NewTx(p.engine.Chain(), p.signer, p.number, m))
}

func (p *party) send(ctx context.Context, m ledger.Message) (ledger.Receipt, error) {
	id, err := p.submit(ctx, m)
	if err != nil {
		return ledger.Receipt{}, err
	}
	return p.engine.WaitCommitted(ctx, id)
}
