package results

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trigrid/trigrid/internal/faults"
)

// header returns the names of the columns in their order.
//
// Both forms have this order. Readers find columns by name, so that other
// programs can change it.
func header(merged bool) []string {
	names := []string{"vpp", "der", "scenario", "step", "time", "local_time", "kind", "quantity", "unit", "value"}
	if merged {
		names = append([]string{"case"}, names...)
	}
	return names
}

// WriteCSV writes the table as comma-separated values (RFC 4180). Numbers have
// the digits that are needed to read the same number back; times are in UTC,
// such as 2026-07-06T00:00:00Z. A text that a spreadsheet would calculate
// begins with an apostrophe.
//
// For example, the first rows of a run without a calendar:
//
//	vpp,der,scenario,step,time,local_time,kind,quantity,unit,value
//	,,0,,,,scenario,probability,,0.5
//	,,0,0,,,series,wind,MW,4
func (t *Table) WriteCSV(w io.Writer) error {
	return writeCSV(w, false, func(yield func(*columns, error) bool) {
		for part := range t.parts() {
			if !yield(part, nil) {
				return
			}
		}
	})
}

// writeCSV writes the parts of a table as rows; merged adds the column case.
// Texts that users choose, such as names of DERs, pass through inSpreadsheet.
// Kinds and times are words of this package.
func writeCSV(w io.Writer, merged bool, parts iter.Seq2[*columns, error]) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true // as RFC 4180 requires
	if err := out.Write(header(merged)); err != nil {
		return err
	}
	line := make([]string, 0, len(header(merged)))
	for c, err := range parts {
		if err != nil {
			return err
		}
		for i := range c.len() {
			line = line[:0]
			if merged {
				line = append(line, inSpreadsheet(c.cases[i]))
			}
			// Names from case files can begin with "=", which a spreadsheet
			// would calculate.
			line = append(line, inSpreadsheet(c.vpp[i]), inSpreadsheet(c.der[i]), whole(c.scenario[i]), whole(c.step[i]), instant(c.time[i]),
				c.local[i], c.kind[i], inSpreadsheet(c.quantity[i]), inSpreadsheet(c.unit[i]), exact(c.value[i]))
			if err := out.Write(line); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

// calculated are the characters with which a spreadsheet begins a calculation,
// and the apostrophe, which it removes.
const calculated = "=+-@\t\r'"

// inSpreadsheet returns a text that a spreadsheet shows as it is: the DER
// "=1+1" becomes "'=1+1", and "'a" becomes "”a", so that reading restores both.
func inSpreadsheet(text string) string {
	if text != "" && strings.IndexByte(calculated, text[0]) >= 0 {
		return "'" + text
	}
	return text
}

// fromSpreadsheet is the inverse of inSpreadsheet.
func fromSpreadsheet(text string) string {
	if len(text) > 1 && text[0] == '\'' && strings.IndexByte(calculated, text[1]) >= 0 {
		return text[1:]
	}
	return text
}

// whole returns the text of a whole number, "" for null.
func whole(x int32) string {
	if x == null {
		return ""
	}
	return strconv.Itoa(int(x))
}

// instant returns the text of a time in milliseconds, "" for noTime.
func instant(ms int64) string {
	if ms == noTime {
		return ""
	}
	return time.UnixMilli(ms).UTC().Format(time.RFC3339Nano)
}

// exact returns the shortest text that reads back as the same number, such as
// 0.1 or 1e-07, and "" for NaN.
func exact(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// readCSV returns the parts of a table in CSV. The order of the columns is
// free, and others are ignored. An error names the line.
//
// An error ends the sequence. The parts share one memory, so that each is valid
// until the next one.
func readCSV(r io.Reader) iter.Seq2[*columns, error] {
	return func(yield func(*columns, error) bool) {
		in := csv.NewReader(r)
		in.ReuseRecord = true // texts are copied by interned, and numbers are parsed
		names, err := in.Read()
		if err != nil {
			yield(nil, fmt.Errorf("results: the CSV file has no line of column names: %w", err))
			return
		}
		names[0] = strings.TrimPrefix(names[0], "\ufeff") // of spreadsheets
		index, err := columnsOf(names)
		if err != nil {
			yield(nil, err)
			return
		}
		part := &columns{}
		texts := interned{}
		for {
			record, err := in.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err == nil {
				// A quoted cell can have line breaks, so that records and lines
				// differ.
				line, _ := in.FieldPos(0)
				err = part.parse(record, index, texts, line)
			}
			if err != nil {
				yield(nil, fmt.Errorf("results: %w", err))
				return
			}
			// Parts of a fixed size keep the memory of a long file constant.
			if part.len() == maxRows {
				if !yield(part, nil) {
					return
				}
				part.clear()
			}
		}
		if part.len() > 0 {
			yield(part, nil)
		}
	}
}

// columnsOf returns the place of each column of [header] with the case; -1 for
// a table without cases.
//
// For example, a file whose first columns are der and vpp has the index [−1 1 0
// …].
func columnsOf(names []string) ([]int, error) {
	bad := faults.List{Prefix: "results: "}
	index := make([]int, 0, len(names))
	for _, want := range header(true) {
		k := slices.Index(names, want)
		bad.Require(k >= 0 || want == "case", "the table lacks the column %q; give a table that package results wrote", want)
		index = append(index, k)
	}
	return index, bad.Err()
}

// parse appends a row.
//
// The index k counts the columns of header(true): 0 case, 1 vpp, 2 der, 3
// scenario, 4 step, 5 time, 6 local_time, 7 kind, 8 quantity, 9 unit, 10 value.
// All wrong cells of a row are one error.
func (c *columns) parse(record []string, index []int, texts interned, line int) error {
	bad := faults.List{}
	cell := func(k int) string {
		if index[k] < 0 {
			return ""
		}
		return record[index[k]]
	}
	text := func(k int) string { return texts.of(fromSpreadsheet(cell(k))) }
	integer := func(k int) int32 {
		if cell(k) == "" {
			return null
		}
		x, err := strconv.ParseInt(cell(k), 10, 32)
		bad.Require(err == nil && x >= 0, "line %d: %s is %q, want a whole number of at least 0", line, header(true)[k], cell(k))
		return int32(x)
	}
	// Only merged tables have the column case.
	if index[0] >= 0 {
		c.cases = append(c.cases, text(0))
	}
	c.vpp, c.der = append(c.vpp, text(1)), append(c.der, text(2))
	c.scenario, c.step = append(c.scenario, integer(3)), append(c.step, integer(4))
	// Totals of the horizon have no time.
	ms := int64(noTime)
	if cell(5) != "" {
		at, err := time.Parse(time.RFC3339, cell(5))
		bad.Require(err == nil, "line %d: time is %q, want a time in UTC such as 2026-07-06T00:00:00Z", line, cell(5))
		ms = at.UnixMilli()
	}
	c.time, c.local = append(c.time, ms), append(c.local, texts.of(cell(6)))
	c.kind, c.quantity, c.unit = append(c.kind, texts.of(cell(7))), append(c.quantity, text(8)), append(c.unit, text(9))
	value := math.NaN()
	if cell(10) != "" {
		x, err := strconv.ParseFloat(cell(10), 64)
		bad.Require(err == nil, "line %d: value is %q, want a number", line, cell(10))
		value = x
	}
	c.value = append(c.value, value)
	return bad.Err()
}

// interned has one copy of each text, so that a long column needs little
// memory.
//
// A table of 30 DERs has some hundred texts in half a million rows.
type interned map[string]string

// of returns the one copy of a text. The clone lets the line of the file go, of
// which the text is a part.
func (x interned) of(text string) string {
	if own, ok := x[text]; ok {
		return own
	}
	text = strings.Clone(text)
	x[text] = text
	return text
}
