package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/internal/days"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/files"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/report"
	"github.com/trigrid/trigrid/results"
)

// validateSeason adds flags of a single run that are given beside -season. For
// example, -search belongs to one choice, and a season has a choice on many
// days.
func (o options) validateSeason(bad *faults.List) {
	if !o.season {
		return
	}
	// The choices of a season have no budget of wall time, so that its result
	// depends on its data only.
	for _, x := range []struct {
		flag  string
		given bool
	}{
		{"-budget", o.budget != trigrid.DefaultBudget},
		{"-compare", o.comparePath != ""},
		{"-from", o.tables.from != ""},
		{"-learn-from-all", o.learnFromAll},
		{"-merge", o.tables.merge != ""},
		{"-reduction", o.reduction != ""},
		{"-search", o.search},
		{"-serve", o.serve != ""},
		{"-stability", o.stability},
		{"-convert", o.convert != ""},
		{"-table", o.layout.table != ""},
	} {
		if x.given {
			bad.Add(command.Misused("%s is about a single run, and -season runs many; leave one of them out", x.flag))
		}
	}
}

// seasonResult is the file of -json: the comparison and the result of each
// strategy that operated. Its keys are those of [operate.Comparison], and
// "results" with the days, payments, choices, weights and signals of each
// strategy.
type seasonResult struct {
	*operate.Comparison
	Results []*operate.Result `json:"results"`
}

// runSeason runs the season of the case with a progress bar on stderr, prints
// the comparison on stdout and writes the files. After an interrupt it prints
// and writes the days so far.
func runSeason(ctx context.Context, o options, stdout, stderr io.Writer) error {
	c, options, notes, err := loadCase(o, stdout)
	if err != nil {
		return err
	}
	season, settings, strategies, err := operate.FromCase(c, options)
	if err != nil {
		return err
	}
	season.Notes = append(season.Notes, notes...)
	if err := o.check(); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s: %s from %s, %d steps of %g h on the first, %d strategies\n", season.Name, days.Count(season.Days),
		season.Start.Format("2 January 2006"), season.Grid(0).Steps, season.Step.Hours(), len(strategies))
	for _, note := range append(c.Notes, season.Notes...) {
		fmt.Fprintln(stdout, "  note:", note)
	}
	// With a terminal the bar is redrawn, otherwise -progress prints a line now
	// and then.
	//
	// Strategies run at the same time, and Compare calls Observe from one
	// goroutine at a time.
	line := command.NewLine(stderr)
	progress := newSeasonProgress(len(strategies) * season.Days)
	next := lineEvery
	settings.Observe = func(p operate.Progress) {
		progress.add(p)
		switch elapsed := progress.elapsed(); {
		case line.Room() > 0:
			line.Draw(progress.bar(elapsed, line.Room()))
		case o.progress && elapsed >= next:
			next = elapsed + lineEvery
			fmt.Fprintln(stderr, progress.bar(elapsed, 0))
		}
	}
	// Flags replace the settings of the case.
	settings.Solver, settings.Workers, settings.Store = o.solver, o.workers, o.store
	settings.Policy = policyOf(o.policy, c.Weights(), settings.Policy)
	comparison, err := operate.Compare(ctx, season, settings, strategies...)
	line.Clear()
	if err != nil {
		return err
	}
	if comparison.Cut {
		fmt.Fprintf(stdout, "\nThe season was ended early: each strategy has settled at least %d of %s, which are compared\n", comparison.Days, days.Count(season.Days))
	}
	fmt.Fprint(stdout, "\namounts in the case's currency; costs are positive if money is spent\n\n")
	if err := comparison.WriteTable(stdout); err != nil {
		return err
	}
	if err := writeSeason(o, comparison, stdout); err != nil {
		return err
	}
	// An interrupt ends the program with its status, after the files.
	if comparison.Cut {
		return context.Cause(ctx)
	}
	return nil
}

// writeSeason writes the files of a comparison.
func writeSeason(o options, c *operate.Comparison, stdout io.Writer) error {
	// Strategies that do not operate the season have no result.
	var list []*operate.Result
	for _, s := range c.Strategies {
		if s.Result != nil {
			list = append(list, s.Result)
		}
	}
	if o.report != "" && c.Days == 0 {
		fmt.Fprintln(stdout, "No report is written: it would show days, and none is settled")
		if o.reportHoldsJSON() {
			if err := os.MkdirAll(o.report, 0o755); err != nil {
				return err
			}
		}
		o.report = ""
	}
	if o.tables.out != "" {
		if err := results.WriteSeasonFile(o.tables.out, list...); err != nil {
			return err
		}
		fmt.Fprintln(stdout, "The table of the season lies in", o.tables.out)
	}
	if o.report != "" {
		if err := report.WriteSeason(o.report, c, report.Options{}); err != nil {
			return err
		}
		fmt.Fprintln(stdout, "The report lies in", filepath.Join(o.report, "index.html"))
	}
	// The report has a file of this name without the days, which is replaced.
	// It comes last for that.
	if o.json != "" {
		if err := files.WriteJSON(o.json, seasonResult{c, list}); err != nil {
			return err
		}
		fmt.Fprintln(stdout, "The whole result lies in", o.json)
	}
	return nil
}

// seasonProgress adds up the progress of all strategies. For example, 60 of 180
// days are two of six strategies of 30 days, or ten days of each.
type seasonProgress struct {
	began time.Time
	total int // days of all strategies
	days  map[string]float64
	last  operate.Progress
}

// newSeasonProgress starts the clock of a season of total days over all
// strategies.
func newSeasonProgress(total int) *seasonProgress {
	return &seasonProgress{began: time.Now(), total: total, days: map[string]float64{}}
}

// add takes the progress of one strategy.
func (x *seasonProgress) add(p operate.Progress) {
	done := float64(p.Day)
	if p.Step < p.Steps { // a complete day is counted in Day
		done += float64(p.Step) / float64(p.Steps)
	}
	x.days[p.Strategy], x.last = max(done, x.days[p.Strategy]), p
}

// elapsed returns the time since the first day began.
func (x *seasonProgress) elapsed() time.Duration { return time.Since(x.began) }

// bar returns the progress as one line of at most room characters, such as
//
//	days [############........................] 60/180  41s; about 1m22s left; rolling: day 12, step 5 of 24
func (x *seasonProgress) bar(elapsed time.Duration, room int) string {
	done := 0.0
	for _, days := range x.days {
		done += days
	}
	after := fmt.Sprintf(" %d/%d  %s", int(done), x.total, elapsed.Round(time.Second))
	if done >= 1 && done < float64(x.total) {
		left := time.Duration(float64(elapsed) * (float64(x.total) - done) / done)
		after += fmt.Sprintf("; about %s left", left.Round(time.Second))
	}
	// The strategy that reported last; the others are somewhere else.
	detail := fmt.Sprintf("; %s: day %d, step %d of %d", x.last.Strategy, min(x.last.Day+1, x.last.Days), x.last.Step, x.last.Steps)
	width := min(maxWidth, room-len("days []")-len(after)-len(detail))
	if width < minWidth {
		return "days" + after + detail
	}
	filled := min(width, int(float64(width)*done/float64(max(1, x.total))))
	return "days [" + strings.Repeat("#", filled) + strings.Repeat(".", width-filled) + "]" + after + detail
}
