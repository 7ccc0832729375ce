package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/files"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/scenario/tables"
)

// auto is the value of -layout that guesses.
const auto = "auto"

// layoutFlags are the flags that state how the file of -series is laid out.
type layoutFlags struct {
	name, zone, table string
	accept            bool        // -accept: run with a guess
	gaps              tables.Gaps // -gaps; zero: those of the layout
}

// add defines the flags.
func (l *layoutFlags) add(flags *flag.FlagSet) {
	flags.StringVar(&l.name, "layout", "", "layout of the series, `name`: "+strings.Join(tables.Names(), ", ")+
		", a JSON file that describes one, or auto to print a guess (default: a column of times and columns of numbers)")
	flags.BoolVar(&l.accept, "accept", false, "run with the guess of -layout auto")
	flags.StringVar(&l.zone, "zone", "", "zone of times without offset in the series, `name`, such as Europe/Berlin or UTC+01:00")
	flags.StringVar(&l.table, "table", "", "write the series as read, in UTC and MW, to this `file` and end")
	flags.Func("gaps", "`policy` for missing values of the series: refuse, hold or interpolate; hold:4 fills at most 4 steps in a row", func(text string) (err error) {
		l.gaps, err = parseGaps(text)
		return err
	})
}

// parseGaps reads a policy such as "hold:4".
//
// Without a number, gaps of any length are filled.
func parseGaps(text string) (tables.Gaps, error) {
	// The words are those of layouts, in the order of their constants.
	word, limit, limited := strings.Cut(text, ":")
	fill := slices.Index(tables.FillWords(), word)
	steps := 0
	if limited {
		var err error
		if steps, err = strconv.Atoi(limit); err != nil || steps < 1 {
			fill = -1
		}
	}
	if fill < 0 {
		return tables.Gaps{}, errors.New("want refuse, hold, interpolate or leave, with a limit such as hold:4")
	}
	return tables.Gaps{Fill: tables.Fill(fill), Max: steps}, nil
}

// validate adds the violations of flags that do not fit each other.
//
// series is the file of -series, or "" without the flag.
func (l layoutFlags) validate(bad *faults.List, series string) {
	if l.name == "" {
		if l.accept || l.zone != "" || l.table != "" || l.gaps != (tables.Gaps{}) {
			bad.Add(command.Misused("-accept, -zone, -gaps and -table need -layout, the layout of the file of -series"))
		}
		return
	}
	if series == "" {
		bad.Add(command.Misused("-layout %s is the layout of measured series; give their file with -series", l.name))
	}
	if l.accept && l.name != auto {
		bad.Add(command.Misused("-accept accepts the guess of -layout auto; leave it out for -layout %s", l.name))
	}
	if !l.isFile() && l.name != auto && !slices.Contains(tables.Names(), l.name) {
		bad.Add(command.Misused("-layout is %q, want one of %s, auto, or a file such as layout.json", l.name, strings.Join(tables.Names(), ", ")))
	}
}

// isFile reports whether -layout names a file that describes a layout.
func (l layoutFlags) isFile() bool { return strings.HasSuffix(l.name, ".json") }

// layout returns the layout of the flags for the content of a file. A guess is
// printed; without -accept it is an error.
//
// path is the name of the file in errors. -zone and -gaps replace the settings
// of any layout.
func (l layoutFlags) layout(stdout io.Writer, path string, data []byte) (tables.Layout, error) {
	var (
		out tables.Layout
		err error
	)
	switch {
	case l.name == auto:
		out, err = tables.Guess(bytes.NewReader(data))
	case l.isFile():
		folder, name := filepath.Split(l.name)
		out, err = casefile.ReadLayout(os.DirFS(filepath.Clean(folder+".")), name)
	default:
		out.Name = l.name
	}
	if err != nil {
		return out, err
	}
	// Flags replace the settings of the layout.
	if l.zone != "" {
		out.Time.Zone = l.zone
	}
	if l.gaps != (tables.Gaps{}) {
		out.Gaps = l.gaps
	}
	if l.name != auto {
		return out, nil
	}
	if err := tables.WriteGuess(stdout, bytes.NewReader(data), out); err != nil || l.accept {
		return out, err
	}
	if out.Name != "" {
		return out, fmt.Errorf("the layout of %s is guessed; if it is right, give -layout %s, or -accept", path, out.Name)
	}
	return out, fmt.Errorf("the layout of %s is guessed; if it is right, give -accept, otherwise describe it in a JSON file for -layout", path)
}

// guess prints the guessed layout of a file. Its error states how the layout is
// accepted.
func (l layoutFlags) guess(stdout io.Writer, path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("cannot read the measured series: %w", err)
	}
	_, err = l.layout(stdout, path, data)
	return err
}

// read reads the file of -series. complete adds the settings of the case. The
// notes list the values that fill gaps.
func (l layoutFlags) read(stdout io.Writer, path string, complete func(tables.Layout) tables.Layout) (*scenario.Table, []string, error) {
	reading, err := l.reading(stdout, path, complete)
	if err != nil {
		return nil, nil, err
	}
	table, err := reading.Table()
	return table, reading.Notes(), err
}

// reading reads the file at path in the layout of the flags, with the settings
// of complete, and prints the notes on filled gaps.
func (l layoutFlags) reading(stdout io.Writer, path string, complete func(tables.Layout) tables.Layout) (*tables.Reading, error) {
	failed := func(err error) (*tables.Reading, error) {
		return nil, fmt.Errorf("cannot read the measured series: %s: %w", path, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the measured series: %w", err)
	}
	layout, err := l.layout(stdout, path, data)
	if err != nil {
		return failed(err)
	}
	reading, err := tables.Read(bytes.NewReader(data), complete(layout))
	if err != nil {
		return failed(err)
	}
	for _, note := range reading.Notes() {
		fmt.Fprintln(stdout, note)
	}
	return reading, nil
}

// write writes the series as read to the file of -table.
func (l layoutFlags) write(stdout io.Writer, path string) error {
	// Without a case, all series of the file are read.
	reading, err := l.reading(stdout, path, func(l tables.Layout) tables.Layout { return l })
	if err != nil {
		return err
	}
	for _, sentence := range reading.Assumed {
		fmt.Fprintf(stdout, "Assumed: %s.\n", sentence)
	}
	if err := files.Write(l.table, reading.WriteCSV); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "The series as read lie in %s\n", l.table)
	return nil
}
