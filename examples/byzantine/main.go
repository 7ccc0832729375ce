// Command byzantine shows the purpose of PBFT on four replicas. It simulates an
// honest, a crashed and a lying primary and prints one line for each.
//
//	go run ./examples/byzantine           # one course of the network's delays
//	go run ./examples/byzantine -seed 7   # another course
//
// The lying primary signs two different batches for the same sequence number.
// It sends the first to replica 1 and the second to replicas 2 and 3; replica 3
// also receives the first. The second batch is prepared at 2 and 3, but
// commitment needs a quorum of three, so no replica executes either. The two
// signatures at replica 3 are evidence against the primary. The other replicas
// change the view, and the next primary continues with the prepared batch.
//
// The simulator checks the agreement of all honest replicas after every step.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/sim"
)

func main() { command.Main(run) }

// liar is a primary that equivocates. sent counts its second batches.
type liar struct{ sent int }

// Send implements [sim.Traitor]. It receives the messages that an honest
// replica would send and returns those that are sent instead. For a proposal to
// replica 2 or 3 it signs another batch with the same requests and a time one
// unit later: a different digest, valid in every other respect.
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
		l.sent++
		if o.To == 3 { // both batches reach replica 3, which makes the lie provable
			sent = append(sent, o)
		}
	}
	return sent
}

// Tick implements [sim.Traitor].
func (*liar) Tick(*sim.Self) []sim.Outgoing { return nil }

// cluster returns the configuration that all three runs share: four replicas
// tolerate one fault (n ≥ 3f + 1), and three clients send 20 requests each.
// Times are in virtual milliseconds; a tick is 10 ms.
func cluster(seed uint64) sim.Config {
	return sim.Config{
		Seed: seed, Replicas: 4, Clients: 3, Requests: 20, InFlight: 2, Pace: 50,
		Genesis: pbft.Genesis{Name: "byzantine", Checkpoint: 8},
		Options: pbft.Options{RequestTimeout: 20},
		Network: sim.Network{Min: 1, Max: 10},
		Heal:    2000, Finish: 60_000, // from Heal on only traitors are faulty
	}
}

func run(_ context.Context, args []string, out, stderr io.Writer) error {
	flags := flag.NewFlagSet("byzantine", flag.ContinueOnError)
	seed := flags.Uint64("seed", 1, "of the network's delays")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	honest, crashed, lying := cluster(*seed), cluster(*seed), cluster(*seed)
	// The crashed primary keeps its storage. The lying one is a sim.Traitor: it
	// replaces the messages of an honest replica.
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
		// sim.Run returns a violation as an error, for example two replicas
		// that execute different batches. A printed line therefore has its
		// agreement kept.
		fmt.Fprintf(w, "%s\t%d of %d\t%d\t%d\t%d\t%d\tkept\n",
			c.name, r.Requests, c.config.Clients*c.config.Requests, r.Batches,
			r.Counts[sim.ViewChanges], r.Counts[sim.EvidenceFound], slowest(r))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out,
		"\nThe lying primary sent %d second batches; none was executed together with a first.\n", traitor.sent)
	return err
}

// slowest returns the longest time from a request to its answer, ms. Requests
// without an answer have a negative return time and are left out.
func slowest(r sim.Report) int64 {
	longest := int64(0)
	for _, o := range r.History {
		if o.Returned >= 0 {
			longest = max(longest, o.Returned-o.Called)
		}
	}
	return longest
}
