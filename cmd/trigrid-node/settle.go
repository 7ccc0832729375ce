//go:build !js

package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/files"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/node"
)

// register registers participants by their cards.
func register(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("register", flag.ContinueOnError)
	var a access
	a.add(flags)
	cards, err := parse(flags, args, stderr, 1, "the cards of participants as arguments, such as w1/participant.json")
	if err != nil {
		return err
	}
	if err := needed(flags, "as"); err != nil {
		return err
	}
	var g node.Genesis // its list of participants only
	var bad faults.List
	for _, path := range cards {
		// An unknown key is refused: the private file of a participant has the
		// key secret, and must not be sent to all replicas.
		card, err := files.Read(path, func(r io.Reader) (c node.PartyCard, err error) {
			d := json.NewDecoder(r)
			d.DisallowUnknownFields()
			return c, d.Decode(&c)
		})
		bad.Add(err)
		g.Participants = append(g.Participants, card)
	}
	if err := bad.Err(); err != nil {
		return err
	}
	// All cards are read before the first transaction, so that a wrong file has
	// no effect.
	e, p, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer e.Close()
	if err := node.Register(ctx, e, p, g.Ledger().Identities); err != nil {
		return err
	}
	for i := range g.Participants {
		fmt.Fprintf(stdout, "%s is registered as %s\n", g.Participants[i].Name, g.Participants[i].Role)
	}
	return nil
}

// settle settles a period with the payments of a file, and opens the period
// first if -weights is set.
func settle(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("settle", flag.ContinueOnError)
	var a access
	a.add(flags)
	period := flags.Uint64("period", 0, "number of the `period`, from 1")
	// Without -weights the period must be open already, for example by a run of
	// the library that uses the same chain.
	weights := flags.String("weights", "", "open the period with these weights of economy, risk and environment, such as `0.4,0.3,0.3`")
	regulators := flags.String("escrow", "", "`names` of regulators, separated by commas, who can resolve the pseudonyms")
	paths, err := parse(flags, args, stderr, 1, "a CSV file with the columns party and amount as argument")
	if err != nil {
		return err
	}
	if err := needed(flags, "as"); err != nil {
		return err
	}
	if *period == 0 || len(paths) > 1 {
		return command.Misused("trigrid-node settle: want -period from 1 on, and one file")
	}
	// The file and the weights are checked before the network is used.
	payments, err := files.Read(paths[0], readPayments)
	if err != nil {
		return err
	}
	w, err := parseWeights(*weights)
	if err != nil {
		return err
	}
	e, p, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer e.Close()
	c, err := client.Connect(ctx, e, p)
	if err != nil {
		return err
	}
	if *weights != "" {
		if err := publish(ctx, e, c, *period, w); err != nil {
			return err
		}
	}
	var names []string
	if *regulators != "" {
		names = strings.Split(*regulators, ",")
	}
	if err := c.Settle(ctx, nil, *period, payments, names); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "period %d is settled: %d payments, sum 0.00, height %d\n", *period, len(payments), e.Status().Height)
	return nil
}

// parseWeights reads three numbers with commas, or none. The ledger checks that
// they sum to 1.
func parseWeights(text string) (w [3]float64, err error) {
	if text == "" {
		return w, nil
	}
	parts := strings.Split(text, ",")
	if len(parts) != len(w) {
		return w, command.Misused("trigrid-node settle: -weights has %d numbers, want 3, such as 0.4,0.3,0.3", len(parts))
	}
	var errs []error
	for i, p := range parts {
		w[i], err = strconv.ParseFloat(strings.TrimSpace(p), 64)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return w, command.Misused("trigrid-node settle: -weights: %w", err)
	}
	return w, nil
}

// Lengths of the phase of schemes of a period that settle opens.
const (
	openHeights = 100_000
	openTime    = 10 * time.Minute
)

// publish opens a period. Other transactions may advance the height, so that it
// tries again.
func publish(ctx context.Context, e ledger.Engine, c *client.Client, period uint64, w [3]float64) error {
	micros, err := ledger.WeightMicros(w)
	if err != nil {
		return err
	}
	var version ledger.Counter
	if _, err := c.Load(ctx, contracts.WeightsVersionKey, &version); err != nil {
		return err
	}
	// The contract refuses weights that would be in force before the block that
	// contains them. Two heights ahead is enough on a quiet chain; on a busy
	// one the height advances between the look and the block, and another try
	// has the new height.
	for try := 0; ; try++ {
		effective := e.Status().Height + 2
		_, err := c.Send(ctx, &contracts.PublishWeights{Weights: contracts.Weights{
			Period: period, Version: version.N + 1, Economic: micros[0], Risk: micros[1], Environment: micros[2],
			Effective: effective, Deadline: effective + openHeights, OpenMillis: openTime.Milliseconds(),
		}})
		if try == 5 || !errors.Is(err, &ledger.Refusal{Code: "weights.effective"}) {
			return err
		}
	}
}

// readPayments reads a CSV file with the columns party and amount, in the
// currency of the chain. Receiving is positive, and the amounts sum to zero.
// The error lists all violations.
//
//	party,amount
//	w1,120.50
//	es1,-20.25
//	grid,-100.25
func readPayments(r io.Reader) ([]client.Payment, error) {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) < 2 || len(rows[0]) != 2 || rows[0][0] != "party" || rows[0][1] != "amount" {
		return nil, errors.New("want the header party,amount and at least one row")
	}
	// A file exported with another separator is wrong in every line, so that
	// the list is cut.
	bad := faults.List{Max: 20}
	out := make([]client.Payment, len(rows)-1)
	amounts := make([]float64, len(out))
	for i, row := range rows[1:] {
		out[i].Party = row[0]
		v, err := strconv.ParseFloat(row[1], 64)
		bad.Require(err == nil, "line %d: amount is %q, want a number", i+2, row[1])
		bad.Require(row[0] != "", "line %d: party is empty", i+2)
		amounts[i] = v
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	// The sum must be zero as written; rounding is for fractions of cents only.
	money, err := ledger.Balance(amounts, 1e-6)
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Amount = money[i]
	}
	return out, nil
}

// prove writes the proof of the participant's own payment.
func prove(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("proof", flag.ContinueOnError)
	var a access
	a.add(flags)
	period := flags.Uint64("period", 0, "number of the settled `period`")
	out := flags.String("out", "", "`file` to write")
	if _, err := parse(flags, args, stderr, 0, ""); err != nil {
		return err
	}
	if err := needed(flags, "as", "out"); err != nil {
		return err
	}
	e, p, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer e.Close()
	c, err := client.Connect(ctx, e, p)
	if err != nil {
		return err
	}
	// The proof has the line of the payment, the path from it to the root of
	// the settlement, the path from there to the state of a block, and the
	// header of that block with its certificates.
	proof, err := c.ProvePayment(ctx, *period)
	if err != nil {
		return err
	}
	// The nodes may have sent anything, so that the proof is verified before it
	// is written.
	if err := proof.Verify(e.Trust()); err != nil {
		return err
	}
	b, err := proof.MarshalBinary()
	if err != nil {
		return err
	}
	if err := os.WriteFile(*out, b, 0o600); err != nil { // it reveals the payment
		return err
	}
	fmt.Fprintf(stdout, "%s: %s receives %s in period %d, %d bytes\n", *out, proof.Party, proof.Line.Amount, proof.Period, len(b))
	return nil
}

// maxProof bounds a file with a proof, in bytes. A proof of 6000 lines has
// about 2 kB.
const maxProof = 4 << 20

// verify checks a proof with the genesis alone. It uses no network, so that an
// auditor can run it on a machine of its own.
func verify(_ context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	genesis := flags.String("genesis", "genesis.json", "`file` of the genesis")
	paths, err := parse(flags, args, stderr, 1, "the file of a proof as argument")
	if err != nil {
		return err
	}
	g, err := files.Read(*genesis, node.ReadGenesis)
	if err != nil {
		return err
	}
	// Trust begins at the keys of the first replicas. Later sets of replicas
	// follow from certificates in the proof.
	trust, err := ledger.TrustPBFT(g.PBFT())
	if err != nil {
		return err
	}
	for _, path := range paths {
		proof, err := files.Read(path, func(r io.Reader) (p contracts.PaymentProof, err error) {
			// A longer file is cut and then refused by the decoder.
			b, err := io.ReadAll(io.LimitReader(r, maxProof))
			if err != nil {
				return p, err
			}
			return p, p.UnmarshalBinary(b)
		})
		if err != nil {
			return err
		}
		if err := proof.Verify(ledger.PBFTVerifier{}, trust); err != nil {
			return fmt.Errorf("%s: the proof is not valid: %w", path, err)
		}
		h := &proof.Header.Header
		fmt.Fprintf(stdout, "%s is valid: %s receives %s in period %d, settled by height %d at %s\n",
			path, proof.Party, proof.Line.Amount, proof.Period, h.Height, h.When().Format(time.RFC3339))
	}
	return nil
}
