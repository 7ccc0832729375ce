// Command fleets finds the equilibrium of a million DERs in 40 classes that
// choose among 10 VPPs, and settles it on a ledger.
//
//	go run ./examples/fleets                  # marginal sharing: the largest welfare
//	go run ./examples/fleets -shapley         # Aumann-Shapley sharing: about the whole gain is paid
//	go run ./examples/fleets -days 7          # each day new scenarios, from the last day's places
//	go run ./examples/fleets -report out      # writes a page with classes, prices and regrets
//	go run ./examples/fleets -distinct 10000  # no two DERs are equal
//	go run ./examples/fleets -growth          # time, memory and gap of joint programs by size
//
// It prints the split of each class, the payoff of one DER, and the
// certificate: no split of the DERs adds more than x % of the gain, and no DER
// gains more than y by moving. A DER of each class proves its payment. Amounts
// are currency over the day; the data are invented.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"text/tabwriter"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	pbft "github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/report"
	"github.com/trigrid/trigrid/vpp"
)

func main() {
	debug.SetMemoryLimit(350 << 20) // garbage is collected before the program needs 500 MB
	command.Main(run)
}

// run coordinates the region of the flags on each day.
func run(ctx context.Context, args []string, out, stderr io.Writer) error {
	flags := flag.NewFlagSet("fleets", flag.ContinueOnError)
	vpps := flags.Int("vpps", 10, "number of VPPs")
	scenarios := flags.Int("scenarios", 10, "number of scenarios")
	days := flags.Int("days", 1, "number of days, each with new scenarios")
	shapley := flags.Bool("shapley", false, "share by Aumann and Shapley instead of marginal values")
	folder := flags.String("report", "", "write a report of the last day into this `folder`")
	distinct := flags.Int("distinct", 0, "number of DERs of which no two are equal, instead of classes of equal ones")
	growing := flags.Bool("growth", false, "print time, memory and gap of joint programs of several sizes up to -most columns")
	most := flags.Int("most", 400_000, "largest number of columns of -growth")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	if *vpps < 1 || *scenarios < 1 || *days < 1 {
		return command.Misused("-vpps, -scenarios and -days are at least 1")
	}
	if *growing {
		return growth(ctx, *most, out)
	}
	if *distinct != 0 {
		return runDistinct(ctx, *distinct, *vpps, *scenarios, out, stderr)
	}
	// A folder that cannot be written is an error now and not after minutes of
	// work.
	if *folder != "" {
		if err := report.Check(*folder); err != nil {
			return err
		}
	}
	var (
		net  *client.Network // of all days
		past []*fleet.Summary
	)
	for day := range *days {
		r, err := dayOf(*vpps, *scenarios, day)
		if err != nil {
			return err
		}
		if *shapley {
			r.Sharing = vpp.Shapley{}
		}
		if net == nil {
			if net, err = network(ctx, r); err != nil {
				return err
			}
			defer net.Close()
		}
		// Without a budget the run ends with its certificate, also on a slow
		// machine. Each day is a period of the same ledger.
		o := trigrid.Options{Budget: -1, Network: net, Period: uint64(day + 1)}
		// Among nearly equal splits, the run takes one that moves few DERs.
		if day > 0 {
			o.Last = past[day-1]
		}
		// Progress goes to stderr, so that the tables on stdout can be kept in
		// a file.
		line := command.NewLine(stderr)
		var joint stopwatch
		o.Observe = func(p trigrid.Progress) {
			joint.observe(p)
			line.Draw(bar(day, *days, p))
		}
		res, err := trigrid.Run(ctx, r, o)
		line.Clear()
		if err != nil {
			return err
		}
		// A region can have no allocation, such as one in which a VPP cannot
		// serve its demand.
		if len(res.Settlement) == 0 {
			return fmt.Errorf("day %d: no allocation: %s", day+1, res.Recommendation.Explanation)
		}
		past = append(past, res.Fleet)
		if *days > 1 {
			showDay(out, past, res.Timing.Total)
		}
		// The classes of the last day stand for all.
		if day+1 < *days {
			continue
		}
		if err := show(out, res, joint.took()); err != nil {
			return err
		}
		if *folder != "" {
			if err := report.Write(*folder, r, res); err != nil {
				return err
			}
			fmt.Fprintf(out, "The report lies in %s.\n", *folder)
		}
	}
	if *days > 1 {
		return showMoves(out, past)
	}
	return nil
}

// dayOf returns the region of a day.
func dayOf(vpps, scenarios, day int) (trigrid.Region, error) {
	z := usual
	z.vpps, z.scenarios = vpps, scenarios
	p, err := region(z, day)
	r := trigrid.Region{Name: "a million DERs", VPPs: p.VPPs, Setting: p.Setting}
	for k := range p.Fleets {
		r.DERs = append(r.DERs, &p.Fleets[k])
	}
	return r, err
}

// network returns a ledger of four replicas for all parties. Its classes keep
// their registration over all days. Keys follow from a seed, which suits
// simulations only.
func network(ctx context.Context, r trigrid.Region) (*client.Network, error) {
	// A class is one party, its aggregator, so that 40 keys stand for a million
	// DERs.
	members := []client.PartyConfig{{ID: trigrid.GridParty, Role: ledger.RoleGrid}}
	for _, v := range r.VPPs {
		members = append(members, client.PartyConfig{ID: v.Name, Role: ledger.RoleVPP})
	}
	for _, d := range r.DERs {
		members = append(members, client.PartyConfig{ID: d.Name(), Role: ledger.RoleDER})
	}
	random := rand.NewChaCha8([32]byte{'f', 'l', 'e', 'e', 't', 's'})
	return client.NewNetwork(ctx, client.NetworkConfig{Members: members, Random: random, Engine: func(g ledger.Genesis, contracts []ledger.Contract) (ledger.Engine, error) {
		return pbft.NewChain(pbft.ChainConfig{Genesis: g, Contracts: contracts, Random: random, Replicas: trigrid.Replicas})
	}})
}

// stopwatch measures the stage of the joint program: from its first event to
// the first event of the next stage. Events come one after another.
type stopwatch struct{ begin, end time.Duration }

func (w *stopwatch) observe(p trigrid.Progress) {
	switch {
	case p.Stage == trigrid.Joint && w.begin == 0:
		w.begin = p.Elapsed
	case p.Stage != trigrid.Joint && w.begin > 0 && w.end == 0:
		w.end = p.Elapsed
	}
}

// took returns the time of the stage.
func (w *stopwatch) took() time.Duration { return w.end - w.begin }

// bar returns the line of progress, such as "day 2 of 7 [###.....] joint 12s".
func bar(day, days int, p trigrid.Progress) string {
	stages := []trigrid.Stage{trigrid.Registration, trigrid.Joint, trigrid.Certifying, trigrid.Schemes, trigrid.Choice, trigrid.Settling}
	marks := []byte("......")
	for i, s := range stages { // in their order, up to the present one
		marks[i] = '#'
		if s == p.Stage {
			break
		}
	}
	return fmt.Sprintf("day %d of %d [%s] %s %s", day+1, days, marks, p.Stage, p.Elapsed.Round(time.Second))
}

// show prints the classes and the certificate. A row such as
//
//	battery00  25000  2.593  28144  2370  0
//
// states that 28144 small batteries join the first VPP, and that each of the
// class has 2.593.
func show(out io.Writer, res *trigrid.Result, joint time.Duration) error {
	s := res.Fleet
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	// One row per class and not per DER: a million rows would not be read.
	fmt.Fprint(w, "class\tDERs\tpayoff of one\t")
	for _, name := range s.VPPs {
		fmt.Fprintf(w, "%s\t", name)
	}
	fmt.Fprintln(w, "outside\t")
	for _, c := range s.Classes {
		fmt.Fprintf(w, "%s\t%d\t%.3f\t", c.Name, c.Count, c.Payoff)
		for _, n := range c.Members {
			fmt.Fprintf(w, "%d\t", n)
		}
		fmt.Fprintf(w, "%d\t\n", c.Outside)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%d DERs in %d classes and %d VPPs, %s sharing\n"+
		"Another split of whole DERs adds at most %.4f %% of the gain, rounded up.\n"+
		"At its prices no DER gains more than %.2g by moving. The mean payoff is %.2f after own costs; payments\n"+
		"include these and are whole hundredths. Paid: %.1f %% of the gain. Ledger: %d blocks.\n",
		s.DERs, len(s.Classes), len(s.VPPs), s.Rule, math.Ceil(1e6*s.Gap)/1e4, s.Regret, s.MeanPayoff, 100*s.PaidShare, res.Ledger.Blocks)
	// The run has checked these paths against the root on the ledger, as the
	// DER itself would.
	for _, c := range s.Classes {
		if p := c.Proven; p != nil {
			fmt.Fprintf(out, "%s proves its payment of %.2f in %s with %d hashes; so does one DER of each class.\n", p.Member, float64(p.Minor)/100, p.VPP, p.Hashes)
			break
		}
	}
	fmt.Fprintf(out, "Time: %.1f s, of which the programs %.1f s, and of these the joint program alone %.1f s.\n",
		res.Timing.Total.Seconds(), res.Timing.Coalitions.Seconds(), joint.Seconds())
	return nil
}

// showDay prints one line per day: the certificate, the DERs that moved, and
// the proven payments. A gap of 0.0005 % means that no split of the DERs is
// worth more than that part of the gain more.
func showDay(out io.Writer, past []*fleet.Summary, took time.Duration) {
	s := past[len(past)-1]
	moved, proven := 0, 0
	if len(past) > 1 {
		for _, n := range s.Moved(past[len(past)-2]) {
			moved += n
		}
	}
	for _, c := range s.Classes {
		if c.Proven != nil {
			proven++
		}
	}
	fmt.Fprintf(out, "day %d: gain %.0f, gap %.2g %%, regret %.2g, moved %.1f %% of the DERs, payments proven in %d classes, %.0f s\n",
		len(past), s.Gain, 100*s.Gap, s.Regret, 100*float64(moved)/float64(s.DERs), proven, took.Seconds())
}

// showMoves prints the DERs of each class that moved from day to day. Prices
// differ little between VPPs, so that many DERs move for a small gain when the
// weather of the day is another.
func showMoves(out io.Writer, past []*fleet.Summary) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "\nmoved DERs\t")
	for day := 1; day < len(past); day++ {
		fmt.Fprintf(w, "day %d\t", day+1)
	}
	fmt.Fprintln(w)
	// The classes are the same on each day, in the same order; only their
	// splits differ.
	for k, c := range past[0].Classes {
		fmt.Fprintf(w, "%s\t", c.Name)
		for day := 1; day < len(past); day++ {
			fmt.Fprintf(w, "%d\t", past[day].Moved(past[day-1])[k])
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}
