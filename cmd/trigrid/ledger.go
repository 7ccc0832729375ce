package main

import (
	"context"
	cryptorand "crypto/rand"
	"crypto/sha256"
	"flag"
	"io"
	"math/rand/v2"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/files"
	"github.com/trigrid/trigrid/ledger/node"
)

// ledgerFlags are the flags of a run on a chain of nodes.
type ledgerFlags struct {
	genesis, authority string // files; "": a chain in this process
	period             uint64
}

// add adds the flags.
func (l *ledgerFlags) add(flags *flag.FlagSet) {
	flags.StringVar(&l.genesis, "ledger", "", "run on the nodes of this genesis `file`, see docs/node.md (default: replicas in this process)")
	flags.StringVar(&l.authority, "authority", "", "key `file` of the regulator who registers the run's grid, VPPs and DERs with the nodes of -ledger")
	flags.Uint64Var(&l.period, "period", 0, "`number` of the run's period on the chain of -ledger (default 1)")
}

// validate adds the violations of the flags.
func (l *ledgerFlags) validate(bad *faults.List, season bool, from string) {
	switch {
	case (l.genesis == "") != (l.authority == ""):
		bad.Add(command.Misused("-ledger and -authority belong together: the genesis of the nodes, and the key of a regulator of their chain"))
	case l.genesis == "" && l.period != 0:
		bad.Add(command.Misused("-period is about a chain of nodes; give its genesis with -ledger"))
	case l.genesis != "" && (season || from != ""):
		bad.Add(command.Misused("-ledger is for a run of one day; leave out -season and -from"))
	}
}

// apply sets the options of a run on nodes. The run's participants have the
// same keys in each run of a region with the same authority, so that later
// periods find them registered. Salts are new ones.
func (l *ledgerFlags) apply(ctx context.Context, region trigrid.Region, o *trigrid.Options) error {
	if l.genesis == "" {
		return nil
	}
	g, err := files.Read(l.genesis, node.ReadGenesis)
	if err != nil {
		return err
	}
	k, err := files.Read(l.authority, node.ReadPartyKey)
	if err != nil {
		return err
	}
	party, err := k.Party()
	if err != nil {
		return err
	}
	seed := sha256.Sum256(append([]byte("trigrid participants of "+region.Name+"\x00"), k.Secret...))
	// NewNetwork draws the keys of all participants first.
	keys := int64(1+len(region.VPPs)+len(region.DERs)) * node.PartySecret
	o.Random = io.MultiReader(io.LimitReader(rand.NewChaCha8(seed), keys), cryptorand.Reader)
	o.Ledger = node.Ledger(ctx, node.DialConfig{Genesis: g, Signer: k.Signer()}, party)
	o.Period = l.period
	return nil
}
