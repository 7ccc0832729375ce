package contracts_test

import (
	"errors"
	"fmt"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
)

// sealed returns a scheme of two DERs as a VPP submits it, with the grid's key.
func sealed() (*contracts.SubmitScheme, *ledger.OpenKey) {
	grid, err := ledger.NewOpenKey(nil, ledger.SuiteX25519())
	if err != nil {
		panic(err)
	}
	scheme := contracts.Scheme{Columns: []string{"capacity, MW"}, Rows: []contracts.Row{
		{DER: "battery", Values: []ledger.Micro{4 * ledger.One}},
		{DER: "wind", Values: []ledger.Micro{9 * ledger.One}},
	}}
	header := contracts.SchemeHeader{Period: 1, VPP: "north", Version: 1, GridKey: "grid"}
	m, _, err := contracts.SealScheme(nil, header, grid.Public(), scheme)
	if err != nil {
		panic(err)
	}
	return m, grid
}

func ExampleCoordination() {
	for _, c := range contracts.Coordination() {
		fmt.Println(c.Name(), c.(*ledger.TypedContract).Verbs())
	}
	// Output:
	// weights [publish signals]
	// scheme [deliver disclose submit verdict]
	// choice [close commit open refuse reveal split]
	// settlement [part settle]
	// quota [accept forecast propose review set]
	// class [register settle]
}

// A VPP seals its scheme, and only the grid opens it.
func ExampleSealScheme() {
	m, grid := sealed()
	opened, err := contracts.OpenScheme(grid, *m)
	if err != nil {
		panic(err)
	}
	totals, err := opened.Totals()
	fmt.Println(opened.Rows[0].DER, opened.Rows[0].Values, totals, err)
	m.Header.VPP = "south" // a copied ciphertext does not open under another header
	_, err = contracts.OpenScheme(grid, *m)
	fmt.Println(errors.Is(err, contracts.ErrBadOpening))
	// Output:
	// battery [4.000000] [13.000000] <nil>
	// true
}

// A DER receives its row with the proof that the VPP committed to it.
func ExampleOpenedScheme_Deliver() {
	m, grid := sealed()
	opened, err := contracts.OpenScheme(grid, *m)
	if err != nil {
		panic(err)
	}
	d := opened.Deliver(&m.Header, 1)
	fmt.Println(d.Row.DER, d.Row.Values, d.Verify(&m.Header))
	d.Row.Values = []ledger.Micro{8 * ledger.One} // an altered row does not verify
	fmt.Println(errors.Is(d.Verify(&m.Header), ledger.ErrPath))
	// Output:
	// wind [9.000000] <nil>
	// true
}

// A total is published only if it reveals no single member.
func ExamplePolicy_Allows() {
	mw := func(values ...ledger.Micro) []ledger.Micro {
		for i := range values {
			values[i] *= ledger.One
		}
		return values
	}
	fmt.Println(contracts.Policy{}.Allows(mw(5, 5, 5)))
	fmt.Println(contracts.Policy{}.Allows(mw(5, 5)))
	fmt.Println(contracts.Policy{}.Allows(mw(90, 5, 5)))
	// Output:
	// <nil>
	// ledger: policy: 2 members have a value, want at least 3
	// ledger: policy: one member has more than 0.800000 of the total
}

// The salt hides the choice, and the DER's name prevents copies.
func ExampleChoiceCommitment() {
	chain, salt := ledger.Hash{1}, [contracts.SaltSize]byte{42}
	c := contracts.ChoiceCommitment(chain, 1, 1, "battery", "north", salt)
	fmt.Println(c == contracts.ChoiceCommitment(chain, 1, 1, "battery", "north", salt))
	fmt.Println(c == contracts.ChoiceCommitment(chain, 1, 1, "wind", "north", salt))
	// Output:
	// true
	// false
}

// A party proves its settlement line by the salt; no salt proves another
// party's line.
func ExamplePeriodKey() {
	key, err := contracts.NewPeriodKey(nil, ledger.Hash{1}, 7)
	if err != nil {
		panic(err)
	}
	line, salt := key.Settlement("battery"), key.Salt("battery")
	fmt.Println(contracts.Pseudonym(ledger.Hash{1}, 7, "battery", salt) == line)
	fmt.Println(contracts.Pseudonym(ledger.Hash{1}, 7, "wind", salt) == key.Settlement("wind"))
	// Output:
	// true
	// false
}
