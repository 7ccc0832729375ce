package tables

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// String returns the settings of a layout, one per line. It leaves out settings
// that are left to the file.
//
// For example, a layout of SMARD begins with:
//
//	layout     smard
//	separator  ';'
//	decimal    ','
func (l Layout) String() string {
	var out strings.Builder
	add := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&out, "  %-10s %s\n", name, value)
		}
	}
	mark := func(r rune) string {
		switch r {
		case 0:
			return ""
		case '\t':
			return "tab"
		}
		return strconv.QuoteRune(r)
	}
	add("layout", l.Name)
	add("separator", mark(l.Separator))
	add("decimal", mark(l.Decimal))
	add("thousands", mark(l.Thousands))
	if l.Records {
		add("records", "C, I, D")
	}
	t := l.Time
	for _, c := range []struct{ name, column string }{
		{"stamp", t.Stamp},
		{"date", t.Date},
		{"year", t.Year},
		{"month", t.Month},
		{"day", t.Day},
		{"clock", t.Clock},
		{"end", t.End},
		{"period", t.Period},
		{"interval", t.Interval},
	} {
		if c.column != "" {
			add(c.name, "column "+strconv.Quote(c.column))
		}
	}
	add("across", l.Across)
	add("order", t.Order)
	if t.Marks != Unstated {
		add("marks", t.Marks.String()+" of a step")
	}
	add("zone", t.Zone)
	add("keys", strings.Join(l.Keys, ", "))
	if l.Step > 0 {
		add("step", l.Step.String())
	}
	return out.String()
}

// WriteGuess writes a layout and the first three readings of every series in
// it, so that a person can compare them with the file. If the layout does not
// read the file, it writes the violations.
//
// The error is one of writing: violations of the file are part of the text.
func WriteGuess(w io.Writer, r io.Reader, l Layout) error {
	if l.Gaps == (Gaps{}) {
		l.Gaps.Fill = Leave // a guess is about the form of the file, not about its gaps
	}
	reading, err := Read(r, l)
	if err != nil {
		_, failed := fmt.Fprintf(w, "Guessed layout:\n%sIt does not read the file:\n%v\n", l, err)
		return failed
	}
	const most = 6 // series
	var out strings.Builder
	fmt.Fprintf(&out, "Guessed layout:\n%s", reading.Layout)
	for _, sentence := range reading.Assumed {
		fmt.Fprintf(&out, "Assumed: %s.\n", sentence)
	}
	out.WriteString("First readings, times in UTC:\n")
	for step := range min(3, reading.Grid.Steps) {
		fmt.Fprintf(&out, "  %s", reading.Grid.Time(step).UTC().Format(time.RFC3339))
		for i, s := range reading.Series {
			if i == most {
				fmt.Fprintf(&out, "  … %d more series", len(reading.Series)-most)
				break
			}
			value := "missing"
			if v := s.Values[step]; !math.IsNaN(v) {
				value = strings.TrimSpace(strconv.FormatFloat(v, 'g', 10, 64) + " " + s.Unit)
			}
			fmt.Fprintf(&out, "  %s = %s", s.Name, value)
		}
		out.WriteString("\n")
	}
	_, err = io.WriteString(w, out.String())
	return err
}

// WriteCSV writes the series with the start of each step in UTC. Names have
// their unit, and missing values are empty:
//
//	utc,Wind Onshore [MW]
//	2024-10-26T20:00:00Z,9400
func (r *Reading) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	header := []string{"utc"}
	for _, s := range r.Series {
		name := s.Name
		if s.Unit != "" {
			name += " [" + s.Unit + "]"
		}
		header = append(header, name)
	}
	if err := out.Write(header); err != nil {
		return err
	}
	for step := range r.Grid.Steps {
		row := []string{r.Grid.Time(step).UTC().Format(time.RFC3339)}
		for _, s := range r.Series {
			text := ""
			if v := s.Values[step]; !math.IsNaN(v) {
				text = strconv.FormatFloat(v, 'g', -1, 64)
			}
			row = append(row, text)
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
