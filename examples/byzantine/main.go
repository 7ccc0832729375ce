// Command byzantine shows what PBFT is for: four replicas, of which the first primary tells two stories.
//
//	go run ./examples/byzantine           # an honest, a crashed and a lying primary, one after the other
//	go run ./examples/byzantine -seed 7   # another course of the network
//
// The lying primary proposes one batch of requests to replica 1 and another, just as properly signed, to replicas 2 and
// 3; to replica 3 it lets slip the first one as well. The second story is prepared at 2 and 3, but lacks a third vote to
// be committed, so nobody executes either. The two signatures in replica 3's hands are evidence; the others change the
// view, and the next primary carries on what was prepared. After every step of the simulation the agreement of all
// honest replicas is checked.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/trigrid/trigrid/examples/internal/command"
	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/sim"
)

func main() { command.Main(run) }

// liar is a primary that equivocates.
type liar struct{ told int }

// Send implements [sim.Traitor].
func (l *liar) Send(self *sim.Self, out []sim.Outgoing) []sim.Outgoing {
	sent := slices.Clone(out)
	for i, o := range sent {
		p, proposal := o.Message.(*pbft.PrePrepare)
		if !proposal || p.Batch == nil || o.To == 1 {
			continue
		}
		other := *p
		other.Batch = &pbft.Batch{Time: p.Batch.Time + 1, Requests: p.Batch.Requests}
		other.Digest = other.Batch.Digest()
		sent[i].Message = self.Sign(&other)
		l.told++
		if o.To == 3 {
			sent = append(sent, o)
		}
	}
	return sent
}

// Tick implements [sim.Traitor].
func (*liar) Tick(*sim.Self) []sim.Outgoing { return nil }

// cluster is what all three runs have in common. Times are virtual milliseconds; a tick is 10.
func cluster(seed uint64) sim.Config {
	return sim.Config{
		Seed: seed, Replicas: 4, Clients: 3, Requests: 20, InFlight: 2, Pace: 50,
		Genesis: pbft.Genesis{Name: "byzantine", Checkpoint: 8},
		Options: pbft.Options{RequestTimeout: 20},
		Network: sim.Network{Min: 1, Max: 10},
		Heal:    2000, Finish: 60_000,
	}
}

func run(_ context.Context, args []string, out, stderr io.Writer) error {
	flags := flag.NewFlagSet("byzantine", flag.ContinueOnError)
	seed := flags.Uint64("seed", 1, "of the network's delays")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	honest, crashed, lying := cluster(*seed), cluster(*seed), cluster(*seed)
	crashed.Crashes = []sim.Crash{{Replica: 0, At: 300, Back: 1900, Memory: true}}
	traitor := &liar{}
	lying.Traitors = map[pbft.ReplicaID]sim.Traitor{0: traitor}

	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "primary\trequests answered\tbatches\tviews entered\tevidence\tslowest answer, ms\tagreement")
	for _, c := range []struct {
		name   string
		config sim.Config
	}{{"honest", honest}, {"crashed", crashed}, {"lying", lying}} {
		r, err := sim.Run(c.config)
		if err != nil {
			return fmt.Errorf("%s primary: %w", c.name, err)
		}
		fmt.Fprintf(w, "%s\t%d of %d\t%d\t%d\t%d\t%d\tkept\n", c.name, r.Requests, c.config.Clients*c.config.Requests, r.Batches,
			r.Counts[sim.ViewChanges], r.Counts[sim.EvidenceFound], slowest(r))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nThe liar sent %d second stories, and not one was executed beside a first.\n", traitor.told)
	return nil
}

// slowest is the longest time a client waited.
func slowest(r sim.Report) int64 {
	longest := int64(0)
	for _, o := range r.History {
		if o.Returned >= 0 {
			longest = max(longest, o.Returned-o.Called)
		}
	}
	return longest
}
