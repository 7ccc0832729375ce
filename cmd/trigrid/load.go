package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/internal/files"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/weights"
)

// load reads the case, and the measured series of -series, and returns the
// region with its scenarios, and the policy of the weights, nil without one. An
// error of the case lists all its violations, one per line.
func load(ctx context.Context, o options, stdout io.Writer) (trigrid.Region, weights.Policy, error) {
	c, options, notes, err := loadCase(o, stdout)
	if err != nil {
		return trigrid.Region{}, nil, err
	}
	region, err := c.Region(ctx, options)
	region.Notes = append(region.Notes, notes...)
	return region, policyOf(o.policy, region.Setting.Weights, c.Policy), err
}

// loadCase reads the case, and the measured series of -series with the notes on
// them.
func loadCase(o options, stdout io.Writer) (c *casefile.Case, options casefile.Options, notes []string, err error) {
	folder, name := filepath.Split(o.casePath)
	if folder == "" {
		folder = "."
	}
	c, err = casefile.Load(os.DirFS(folder), name)
	// The error of the file system names the file without its folder, which the
	// user gave as well.
	if missing := (*fs.PathError)(nil); errors.As(err, &missing) {
		return nil, options, nil, fmt.Errorf("cannot read the case %s: %w; name one with -case", o.casePath, missing.Err)
	}
	if err != nil {
		return nil, options, nil, err
	}
	options = casefile.Options{Seed: o.seed, Reduction: o.reduction, LearnFromAll: o.learnFromAll}
	options.Start = startOf(o.day, c.Start(), c.Location())
	switch {
	case o.layout.name != "":
		if options.Series, notes, err = o.layout.read(stdout, o.series, c.SeriesLayout); err != nil {
			return nil, options, nil, err
		}
		// The clock of the series counts, whose zone can differ from that of
		// the case.
		options.Start = startOf(o.day, c.Start(), options.Series.Grid().Start.Location())
	case o.series != "":
		if options.Series, err = readSeries(o.series, c.Location()); err != nil {
			hint := ""
			if missing := (*fs.PathError)(nil); !errors.As(err, &missing) {
				hint = "; for a file of a platform such as SMARD or ENTSO-E, give -layout auto, which prints a guess"
			}
			return nil, options, nil, fmt.Errorf("cannot read the measured series: %w%s", err, hint)
		}
	}
	return c, options, notes, nil
}

// policyOf returns the policy of -policy on the weights of the case, or else
// that of the case.
func policyOf(name string, base weights.Vector, own weights.Policy) weights.Policy {
	switch name {
	case "":
		return own
	case noPolicy:
		return nil
	}
	t, err := weights.TableByName(name)
	if err != nil {
		panic(err) // not reached: options.validate checks the name
	}
	t.Base = base
	return t
}

// startOf returns the start of a day on the clock of a zone, and the zero time
// for no day. The day begins at the hour at which the case begins, because
// prices and other data of the case belong to the steps from there.
func startOf(day, start time.Time, zone *time.Location) time.Time {
	if day.IsZero() {
		return day
	}
	return time.Date(day.Year(), day.Month(), day.Day(), start.Hour(), start.Minute(), start.Second(), 0, zone)
}

// readSeries reads a CSV file of measured series: a column of times at equal
// distances and one column per series, such as
//
//	time,w303_da,w303
//	2020-04-15T00:00,411.2,396.0
func readSeries(name string, zone *time.Location) (*scenario.Table, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	table, err := scenario.ReadCSV(file, scenario.CSVOptions{Location: zone})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return table, nil
}

// convert writes the case file at from to the path to, with the renamed keys of
// [casefile.CaseKeys]. Both may be the same file: the text is read before it is
// replaced.
func convert(from, to string) error {
	file, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("cannot read the case: %w", err)
	}
	defer file.Close()
	return files.Write(to, func(w io.Writer) error { return casefile.Convert(w, file, casefile.CaseKeys()) })
}
