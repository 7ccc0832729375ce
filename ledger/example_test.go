package ledger_test

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/pbft"
)

// Report is a message of the example contract: a meter's reading.
type Report struct {
	Meter string
	Wh    uint64
}

func (*Report) Kind() string { return "meter.report" }

func (m *Report) Layout(c *codec.Coder) {
	c.String(&m.Meter, ledger.MaxName)
	c.Uint64(&m.Wh)
}

func report(c *ledger.Context, m *Report) error {
	key := ledger.Key("meter", m.Meter)
	var last ledger.Counter
	if c.Load(key, &last); m.Wh < last.N {
		return ledger.Refuse("meter.backwards", "%d Wh after %d Wh", m.Wh, last.N)
	}
	c.Store(key, &ledger.Counter{N: m.Wh})
	return nil
}

// meters returns a machine with the contract and one authority, and the
// authority's signer.
func meters() (*ledger.Machine, pbft.Signer) {
	signer := pbft.NewSigner([32]byte{1})
	open, err := ledger.NewOpenKey(nil, ledger.SuiteX25519())
	if err != nil {
		panic(err)
	}
	genesis := ledger.Genesis{Name: "meters", Identities: []ledger.Identity{
		{ID: "operator", Role: ledger.RoleGrid, Key: signer.Public(), Seal: open.Public()},
	}}
	contract := ledger.NewContract("meter", ledger.Handle(report, ledger.RoleGrid, ledger.RoleDER))
	machine, err := ledger.NewMachine(ledger.Hash{7}, genesis, contract)
	if err != nil {
		panic(err)
	}
	return machine, signer
}

// A contract of typed messages is executed without an engine.
func ExampleNewContract() {
	machine, signer := meters()
	block, err := machine.Apply(ledger.Block{Txs: []ledger.Tx{
		ledger.NewTx(ledger.Hash{7}, signer, 1, &Report{Meter: "m1", Wh: 500}),
		ledger.NewTx(ledger.Hash{7}, signer, 2, &Report{Meter: "m1", Wh: 400}),
	}})
	if err != nil {
		panic(err)
	}
	fmt.Println(block.Receipts[0].OK(), block.Receipts[1].Code, "-", block.Receipts[1].Reason)
	// Output: true meter.backwards - 400 Wh after 500 Wh
}

// A value is proved under the state root of a header, and so is an absent key.
func ExampleVerifyState() {
	machine, signer := meters()
	tx := ledger.NewTx(ledger.Hash{7}, signer, 1, &Report{Meter: "m1", Wh: 500})
	block, err := machine.Apply(ledger.Block{Txs: []ledger.Tx{tx}})
	if err != nil {
		panic(err)
	}
	root := block.Header.StateRoot
	for _, key := range []string{"meter/m1", "meter/m2"} {
		v, err := machine.Read(key, 1)
		if err != nil {
			panic(err)
		}
		fmt.Println(key, v.Present, ledger.VerifyState(root, key, v.Value, v.Present, v.Proof))
	}
	// Output:
	// meter/m1 true <nil>
	// meter/m2 false <nil>
}

// The type of a message comes from the contracts of the chain.
func ExampleDecodeMessage() {
	_, signer := meters()
	contract := ledger.NewContract("meter", ledger.Handle(report))
	tx := ledger.NewTx(ledger.Hash{7}, signer, 1, &Report{Meter: "m1", Wh: 500})
	kind, m, err := ledger.DecodeMessage(&tx, contract)
	fmt.Println(kind, m.(*Report).Wh, err)
	// Output: meter.report 500 <nil>
}

func ExampleMerkleRoot() {
	entries := [][]byte{[]byte("wind"), []byte("solar"), []byte("battery")}
	root := ledger.MerkleRoot(entries)
	path := ledger.MerklePath(entries, 1)
	fmt.Println(path.Verify(root, []byte("solar")))
	fmt.Println(errors.Is(path.Verify(root, []byte("gas")), ledger.ErrPath))
	// Output:
	// <nil>
	// true
}

// Three payees share 10.00: each has 3.33, and the rounding adds one hundredth
// to the first.
func ExampleBalance() {
	payments, err := ledger.Balance([]float64{-10, 10.0 / 3, 10.0 / 3, 10.0 / 3}, 1e-9)
	fmt.Println(payments, err)
	// Output: [-10.00 3.34 3.33 3.33] <nil>
}

// Only the recipient's key with the same purpose and header opens a sealed
// message.
func ExampleSeal() {
	open, err := ledger.NewOpenKey(nil, ledger.SuiteX25519())
	if err != nil {
		panic(err)
	}
	sealed, err := ledger.Seal(nil, open.Public(), []byte("tariff"), []byte("header 1"), []byte("12.50"))
	if err != nil {
		panic(err)
	}
	plaintext, err := open.Open([]byte("tariff"), []byte("header 1"), sealed)
	fmt.Println(string(plaintext), err)
	_, err = open.Open([]byte("tariff"), []byte("header 2"), sealed)
	fmt.Println(errors.Is(err, ledger.ErrOpen))
	// Output:
	// 12.50 <nil>
	// true
}

// A refusal is found by its code.
func ExampleRefusal() {
	err := fmt.Errorf("sending a report: %w", ledger.Refuse("meter.backwards", "400 Wh after 500 Wh"))
	fmt.Println(errors.Is(err, &ledger.Refusal{Code: "meter.backwards"}))
	// Output: true
}

func ExampleKey() {
	fmt.Println(ledger.Key("meter", "m1", uint64(10)))
	// Output: meter/m1/000000000000000a
}
