package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/trigrid/trigrid/internal/command"
)

// comparison is the result of a row with one peer. Without a reason both sides
// were measured in the same rounds.
//
// For example, K-means beside scikit-learn with five rounds has five samples in
// mine and five in other, and the ratio of each round.
type comparison struct {
	title, value string
	ours, peer   string // versions
	mine, other  []sample
	reason       string // why the peer has no samples
}

// comparePeers measures every row and writes the table.
//
// Rounds interleave both sides, and the document has medians and the range of
// the quotients. With -only the table is printed and the document stays,
// because it must have all rows of one machine and one day.
func comparePeers(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("bench peers", flag.ContinueOnError)
	rounds := flags.Int("rounds", 5, "runs of each side of a row, `n`")
	limit := flags.Duration("limit", time.Minute, "longest `time` of one run")
	only := flags.String("only", "", "rows whose name matches a regular `expression` (default: all)")
	document := flags.String("document", "docs/performance.md", "`file` whose generated part is written; empty: only print")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	chosen, err := regexp.Compile(*only)
	if err != nil {
		return command.Misused("-only: %v", err)
	}
	if *rounds < 1 {
		return command.Misused("-rounds is %d, want at least 1", *rounds)
	}
	w, err := newWorkshop(*limit, stderr)
	if err != nil {
		return err
	}
	defer os.RemoveAll(w.folder)
	before := machineLoad()
	var all []comparison
	for _, r := range rows {
		if !chosen.MatchString(r.name) {
			continue
		}
		fmt.Fprintln(stderr, "bench:", r.title)
		// A peer that is absent is a row with its reason; an error here is one
		// of this side.
		found, err := w.compare(ctx, r, *rounds)
		if err != nil {
			return fmt.Errorf("bench: %s: %w", r.title, err)
		}
		all = append(all, found...)
	}
	text := peersText(all, *rounds, before, machineLoad())
	if _, err := io.WriteString(stdout, text); err != nil {
		return err
	}
	if *document == "" || *only != "" { // a part of the rows would replace all of them
		return nil
	}
	return replacePart(*document, "peers", text)
}

// compare measures a row with each of its peers.
//
// A row's inputs are made once and read by all sides.
func (w *workshop) compare(ctx context.Context, r row, rounds int) ([]comparison, error) {
	folder, err := os.MkdirTemp(w.folder, "inputs")
	if err != nil {
		return nil, err
	}
	if r.inputs != nil {
		if err := r.inputs(ctx, folder); err != nil {
			return nil, err
		}
	}
	var out []comparison
	for _, p := range r.peers {
		c := comparison{title: r.title, value: r.value, peer: p.title}
		other, err := p.start(ctx, w, folder)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			c.reason = reasonOf(err)
			other = absent{}
		} else {
			c.peer = other.name()
		}
		// A driver of the library per peer: both sides of a pair have the same
		// age.
		mine, err := w.library(ctx, r.name, folder)
		if err != nil {
			other.close()
			return nil, fmt.Errorf("this side: %w", err)
		}
		c.ours = mine.name()
		err = c.measure(ctx, mine, other, rounds)
		mine.close()
		other.close()
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// absent is a peer that could not start.
type absent struct{}

func (absent) name() string                        { return "" }
func (absent) run(context.Context) (sample, error) { return sample{}, errors.New("absent") }
func (absent) close()                              {}

// reasonOf returns the reason in the words of the table.
func reasonOf(err error) string {
	var over overLimit
	if errors.As(err, &over) {
		return err.Error()
	}
	return "not measured: " + err.Error()
}

// measure runs both sides in turn. The side that begins changes with the round,
// so that a load that grows or falls affects both alike. A failure of the peer
// is its reason; one of this side is an error.
func (c *comparison) measure(ctx context.Context, mine, other runner, rounds int) error {
	for round := range rounds {
		sides := []runner{mine, other}
		if round%2 == 1 {
			slices.Reverse(sides)
		}
		for _, side := range sides {
			// A peer that has failed once is not run again. This side goes on,
			// so that its row has a time.
			if side == other && c.reason != "" {
				continue
			}
			got, err := side.run(ctx)
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case err != nil && side == mine:
				return fmt.Errorf("this side: %w", err)
			case err != nil:
				// Samples of earlier rounds are dropped: a median of fewer
				// rounds than this side has would not be comparable.
				c.reason, c.other = reasonOf(err), nil
			case side == mine:
				c.mine = append(c.mine, got)
			default:
				c.other = append(c.other, got)
			}
		}
	}
	return nil
}

// replacePart replaces the part of a document between the marks of a name,
// which must be there.
func replacePart(file, name, text string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	// Text outside the marks is written by hand and stays.
	begin, end := "<!-- "+name+": generated -->\n", "<!-- "+name+": end -->"
	pattern := regexp.MustCompile("(?s)" + regexp.QuoteMeta(begin) + ".*" + regexp.QuoteMeta(end))
	if !pattern.Match(old) {
		return fmt.Errorf("bench: %s has no lines %q and %q", filepath.Base(file), begin, end)
	}
	whole := begin + "\n" + text + "\n" + end
	return os.WriteFile(file, pattern.ReplaceAllLiteral(old, []byte(whole)), 0o666)
}
