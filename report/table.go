package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Table is one table of a run: a CSV file and, if it is short, a table on the
// page.
type Table struct {
	Name    string // of its file, without extension
	Title   string
	Columns []Column
	Rows    [][]any // cells per column: string, float64, int, int64 or bool; nil for no value
}

// Column is one column of a table. For example, {Name: "price_per_mwh", Title:
// "price", Decimals: 1} reads 41.256 in the file and 41.3 on the page.
type Column struct {
	Name     string // in the CSV file, with the unit of its values: "day_ahead_mw"
	Title    string // on the page
	Decimals int    // on the page; the CSV file has full precision
}

// CSV writes the table as comma-separated values (RFC 4180, with its line
// ends): one line of column names, then one line per row. Text that a
// spreadsheet would calculate, such as "=1+1", begins with an apostrophe.
// Numbers have the digits that are needed to read the same number back. Flags
// are true and false, a missing value is empty.
func (t *Table) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	// One slice for all lines; the writer copies it.
	line := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		line[i] = spreadsheetText(c.Name)
	}
	if err := out.Write(line); err != nil {
		return err
	}
	for _, row := range t.Rows {
		// A wrong length is a programming mistake of this package. A row of
		// another length is a mistake of this package, and not of the data.
		if len(row) != len(line) {
			panic(fmt.Sprintf("report: a row of table %s has %d cells for %d columns", t.Name, len(row), len(line)))
		}
		for i, cell := range row {
			line[i] = exact(cell)
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// exact formats a cell for a file, without loss.
func exact(cell any) string {
	switch x := cell.(type) {
	case nil:
		return ""
	case string:
		// A name such as "=W" would be calculated by a spreadsheet.
		return spreadsheetText(x)
	case int:
		return strconv.Itoa(x)
	case int64:
		return strconv.FormatInt(x, 10)
	case bool:
		return strconv.FormatBool(x)
	case float64:
		return strconv.FormatFloat(x+0, 'g', -1, 64) // a negative zero plus 0 is 0
	}
	panic(fmt.Sprintf("report: a table holds a %T", cell))
}

// spreadsheetText returns a text cell such that spreadsheets show it as text.
// They calculate a cell that begins with =, +, - or @, and strip a leading
// apostrophe from it: the name "=1+1" becomes "'=1+1".
func spreadsheetText(x string) string {
	if x != "" && strings.ContainsRune("=+-@\t\r", rune(x[0])) {
		return "'" + x
	}
	return x
}

// shown formats a cell for the page.
func (c Column) shown(cell any) string {
	switch x := cell.(type) {
	case nil:
		return "–"
	case string:
		return x
	case float64:
		return number(x, c.Decimals)
	case int:
		return number(float64(x), 0)
	case int64:
		return number(float64(x), 0)
	case bool:
		if x {
			return "yes"
		}
		return "no"
	}
	return exact(cell)
}

// numeric reports whether the column contains numbers, which are aligned to the
// right. The first cell with a value decides.
func (t *Table) numeric(column int) bool {
	for _, row := range t.Rows {
		// A nil cell has no type, so that the next row decides.
		switch row[column].(type) {
		case float64, int, int64:
			return true
		case string, bool:
			return false
		}
	}
	return false
}

// add appends a row.
func (t *Table) add(cells ...any) { t.Rows = append(t.Rows, cells) }

// floats converts values to cells.
func floats(values []float64) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}
