package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/internal/testnet"
	"github.com/trigrid/trigrid/pbft"
)

// candidates proves validators with fresh keys for one serial number.
type candidates struct {
	chain  ledger.Hash
	serial uint64
}

func (c candidates) next(id pbft.ReplicaID, key byte) ledger.NewValidator {
	return ledger.ProveValidator(c.chain, c.serial, ledger.Validator{ID: id, Address: "127.0.0.1:7000"}, pbft.NewSigner([32]byte{'v', key}))
}

func TestValidatorsAreChangedByTheRules(t *testing.T) {
	n := testnet.Start(t, 1, 4)
	s := testnet.Sender{T: t, N: n}
	first := candidates{n.Engine().Chain(), 1}
	add := func(v ...ledger.NewValidator) *ledger.ChangeValidators {
		return &ledger.ChangeValidators{Serial: 1, Add: v}
	}
	s.Refused("validators.role", s.Send("grid", add(first.next(4, 1))))
	s.Refused("validators.role", s.Send("vpp-1", add(first.next(4, 1))))
	s.Refused("validators.serial", s.Send("regulator", &ledger.ChangeValidators{Serial: 2}))
	s.Refused("validators.serial", s.Send("regulator", &ledger.ChangeValidators{Serial: 0}))
	s.Refused("validators.unknown", s.Send("regulator", &ledger.ChangeValidators{Serial: 1, Remove: []pbft.ReplicaID{4}}))
	s.Refused("validators.unknown", s.Send("regulator", &ledger.ChangeValidators{Serial: 1, Remove: []pbft.ReplicaID{2, 2}}))
	s.Refused("validators.invalid", s.Send("regulator", &ledger.ChangeValidators{Serial: 1, Remove: []pbft.ReplicaID{0, 1, 2, 3}}))

	// Ids, keys and proofs.
	s.Refused("validators.used", s.Send("regulator", add(first.next(3, 1))))
	s.Refused("validators.used", s.Send("regulator", &ledger.ChangeValidators{
		Serial: 1, Remove: []pbft.ReplicaID{3}, Add: []ledger.NewValidator{first.next(3, 1)},
	}))
	s.Refused("validators.used", s.Send("regulator", add(first.next(4, 1), first.next(5, 1))))
	other := candidates{first.chain, 2}
	s.Refused("validators.proof", s.Send("regulator", add(other.next(4, 1))))
	moved := first.next(4, 1)
	moved.Validator.Address = "127.0.0.1:7001"
	s.Refused("validators.proof", s.Send("regulator", add(moved)))
	heavy := ledger.ProveValidator(first.chain, 1, ledger.Validator{ID: 4, Power: 2}, pbft.NewSigner([32]byte{'v', 1}))
	s.Refused("validators.invalid", s.Send("regulator", add(heavy)))

	// Of 7 validators, 5 must agree, and 4 stay. Of 6, 4 must.
	s.Refused("validators.quorum", s.Send("regulator", add(first.next(4, 1), first.next(5, 2), first.next(6, 3))))
	require.NoError(t, s.Send("regulator", add(first.next(4, 1), first.next(5, 2))))

	value, err := n.Engine().Read(t.Context(), ledger.ValidatorSetKey(1))
	require.NoError(t, err)
	var set ledger.ValidatorSet
	require.NoError(t, ledger.Decode("set", value.Value, &set))
	require.Len(t, set.Members, 6)
	require.Equal(t, first.next(5, 2).Validator, set.Members[5])

	// A refused change has used no id. A removed id and its key are used for
	// ever.
	require.NoError(t, s.Send("regulator", &ledger.ChangeValidators{Serial: 2, Remove: []pbft.ReplicaID{4}}))
	third := candidates{first.chain, 3}
	s.Refused("validators.used", s.Send("regulator", &ledger.ChangeValidators{Serial: 3, Add: []ledger.NewValidator{third.next(4, 4)}}))
	s.Refused("validators.used", s.Send("regulator", &ledger.ChangeValidators{Serial: 3, Add: []ledger.NewValidator{third.next(7, 1)}}))
	s.Refused("validators.quorum", s.Send("regulator", &ledger.ChangeValidators{Serial: 3, Remove: []pbft.ReplicaID{0, 1, 2}}))
	require.NoError(t, s.Send("regulator", &ledger.ChangeValidators{Serial: 3, Remove: []pbft.ReplicaID{5}}))
}

// A participant's key cannot become a validator's: one signature could then
// count in both roles.
func TestParticipantsKeyIsNoValidators(t *testing.T) {
	signer := pbft.NewSigner([32]byte{'p'})
	open, err := ledger.NewOpenKey(nil, ledger.SuiteX25519())
	require.NoError(t, err)
	regulator := ledger.Identity{ID: "regulator", Role: ledger.RoleRegulator, Key: signer.Public(), Seal: open.Public()}
	validators, err := ledger.NewValidators(ledger.ValidatorsConfig{Genesis: []ledger.Validator{{ID: 0, Key: pbft.PublicKey{1}}}})
	require.NoError(t, err)
	m, err := ledger.NewMachine(ledger.Hash{7}, ledger.Genesis{Name: "one", Identities: []ledger.Identity{regulator}}, validators)
	require.NoError(t, err)
	own := ledger.ProveValidator(ledger.Hash{7}, 1, ledger.Validator{ID: 1}, signer)
	tx := ledger.NewTx(ledger.Hash{7}, signer, 1, &ledger.ChangeValidators{Serial: 1, Add: []ledger.NewValidator{own}})
	b, err := m.Apply(ledger.Block{Txs: []ledger.Tx{tx}})
	require.NoError(t, err)
	require.Equal(t, "validators.used", b.Receipts[0].Code)
}

func TestFirstValidatorsAreChecked(t *testing.T) {
	_, err := ledger.NewValidators(ledger.ValidatorsConfig{})
	require.ErrorContains(t, err, "0 validators")
	_, err = ledger.NewValidators(ledger.ValidatorsConfig{Genesis: []ledger.Validator{
		{ID: 1, Key: pbft.PublicKey{1}}, {ID: 1, Key: pbft.PublicKey{1}, Power: -1}, {ID: 2},
	}})
	for _, part := range []string{"listed twice", "the key of another", "power -1", "validator 2 has no key"} {
		require.ErrorContains(t, err, part)
	}
}
