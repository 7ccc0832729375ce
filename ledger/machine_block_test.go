package ledger_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
)

// changes is a contract whose messages list changes: each byte b writes,
// removes or reads key b%8. The verb decides about the result.
type changes struct{}

func (changes) Name() string { return "changes" }

func (changes) Execute(c *ledger.Context, verb string, body []byte) ([]byte, error) {
	apply := func(body []byte) {
		for i, b := range body {
			switch key := fmt.Sprint("changes/", b%8); b / 8 % 4 {
			case 0:
				c.Delete(key)
			case 1:
				value, _ := c.Get(key)
				c.Put("changes/read", value)
			default:
				c.Put(key, body[i:])
			}
		}
	}
	failed := errors.New("as asked")
	switch verb {
	case "panic":
		apply(body)
		panic("as asked")
	case "try": // the first half is undone
		half := len(body) / 2
		if err := c.Try(func() error { apply(body[:half]); return failed }); err == nil {
			return nil, errors.New("Try lost the error")
		}
		body = body[half:]
	}
	apply(body)
	if verb == "refuse" {
		return nil, failed
	}
	return nil, nil
}

// TestBlocksWriteTheSameInOneOrMany: the state does not depend on how the
// transactions are cut into blocks, since this contract reads no height. The
// writes of refused and failed messages, and of failed parts, leave no trace in
// either form.
func TestBlocksWriteTheSameInOneOrMany(t *testing.T) {
	grid, err := client.NewParty(nil, "grid", ledger.RoleGrid)
	require.NoError(t, err)
	g := ledger.Genesis{Name: "x", Identities: []ledger.Identity{grid.Identity()}}
	random := rand.New(rand.NewPCG(5, 5))
	for range 100 {
		var txs []ledger.Tx
		want := map[string]string{} // computed without the ledger
		for i := range uint64(1 + random.IntN(12)) {
			verb := []string{"do", "do", "refuse", "try", "panic"}[random.IntN(5)]
			body := make([]byte, 2+random.IntN(6))
			for k := range body {
				body[k] = byte(random.IntN(256))
			}
			txs = append(txs, grid.Sign(ledger.Hash{1}, i+1, &ledger.RawMessage{Name: "changes." + verb, Body: body}))
			switch verb {
			case "do":
				model(want, body)
			case "try":
				model(want, body[len(body)/2:])
			}
		}
		one, err := ledger.NewMachine(ledger.Hash{1}, g, changes{})
		require.NoError(t, err)
		many, err := ledger.NewMachine(ledger.Hash{1}, g, changes{})
		require.NoError(t, err)
		_, err = one.Apply(ledger.Block{Txs: txs})
		require.NoError(t, err)
		for i := range txs {
			_, err := many.Apply(ledger.Block{Txs: txs[i : i+1]})
			require.NoError(t, err)
		}
		require.Equal(t, many.Head().StateRoot, one.Head().StateRoot)
		for _, key := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "read"} {
			v, err := one.Read("changes/"+key, 1)
			require.NoError(t, err)
			value, has := want[key]
			require.Equal(t, has, v.Present, key)
			require.Equal(t, value, string(v.Value), key)
			require.NoError(t, ledger.VerifyState(one.Head().StateRoot, v.Key, v.Value, v.Present, v.Proof))
		}
	}
}

// model does on a map what [changes] does on the ledger.
func model(state map[string]string, body []byte) {
	for i, b := range body {
		switch key := fmt.Sprint(b % 8); b / 8 % 4 {
		case 0:
			delete(state, key)
		case 1:
			state["read"] = state[key]
		default:
			state[key] = string(body[i:])
		}
	}
}

// TestRightsChangeWithinABlock: a registration and a rotation hold from the
// next transaction of the same block on, also for a key that has sent one
// before.
func TestRightsChangeWithinABlock(t *testing.T) {
	chain := ledger.Hash{1}
	party := func(name string, r ledger.Role) *client.Party {
		p, err := client.NewParty(nil, name, r)
		require.NoError(t, err)
		return p
	}
	regulator, der, next := party("regulator", ledger.RoleRegulator), party("der", ledger.RoleDER), party("der", ledger.RoleDER)
	m, err := ledger.NewMachine(chain, ledger.Genesis{Name: "x", Identities: []ledger.Identity{regulator.Identity()}}, changes{})
	require.NoError(t, err)
	write := func(p *client.Party, number uint64) ledger.Tx {
		return p.Sign(chain, number, &ledger.RawMessage{Name: "changes.do", Body: []byte{16}})
	}
	own := next.Identity()
	rotation := &ledger.RotateKeys{Key: own.Key, Seal: own.Seal}
	rotation.Proof = next.ProveRotation(chain, 1)
	out, err := m.Apply(ledger.Block{Txs: []ledger.Tx{
		write(der, 1),
		regulator.Sign(chain, 1, &ledger.RegisterIdentity{Identity: der.Identity()}),
		write(der, 2),
		der.Sign(chain, 3, rotation),
		write(der, 4),
		write(next, 1),
		write(next, 1),
	}})
	require.NoError(t, err)
	var codes []string
	for _, r := range out.Receipts {
		codes = append(codes, r.Code)
	}
	require.Equal(t, []string{"tx.sender", "", "", "", "tx.key", "", "tx.number"}, codes)

	// Check reads the state after the block, and follows the next block.
	late := write(next, 2)
	require.NoError(t, m.Check(&late))
	old := write(der, 5)
	require.ErrorIs(t, m.Check(&old), &ledger.Refusal{Code: "tx.key"})
	_, err = m.Apply(ledger.Block{Txs: []ledger.Tx{late}})
	require.NoError(t, err)
	require.ErrorIs(t, m.Check(&late), &ledger.Refusal{Code: "tx.number"})
}

// echo is a contract that answers with the value that it has written.
type echo struct{}

func (echo) Name() string { return "echo" }

func (echo) Execute(c *ledger.Context, _ string, body []byte) ([]byte, error) {
	c.Put("echo/last", body)
	value, _ := c.Get("echo/last")
	return value, nil
}

// TestReceiptsShareNoBytesWithTheState: a program that changes the answer in
// its receipt changes no state.
func TestReceiptsShareNoBytesWithTheState(t *testing.T) {
	grid, err := client.NewParty(nil, "grid", ledger.RoleGrid)
	require.NoError(t, err)
	m, err := ledger.NewMachine(ledger.Hash{1}, ledger.Genesis{Name: "x", Identities: []ledger.Identity{grid.Identity()}}, echo{})
	require.NoError(t, err)
	tx := grid.Sign(ledger.Hash{1}, 1, &ledger.RawMessage{Name: "echo.write", Body: []byte("abc")})
	out, err := m.Apply(ledger.Block{Txs: []ledger.Tx{tx}})
	require.NoError(t, err)
	require.Equal(t, "abc", string(out.Receipts[0].Data))
	out.Receipts[0].Data[0] = 'x'
	v, err := m.Read("echo/last", 1)
	require.NoError(t, err)
	require.NoError(t, ledger.VerifyState(out.Header.StateRoot, v.Key, []byte("abc"), v.Present, v.Proof))
	require.Equal(t, "abc", string(v.Value))
}
