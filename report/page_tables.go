package report

import "html/template"

// shownTable is a table in the page, with cells rounded for reading.
type shownTable struct {
	*Table
	Head   []shownCell
	Body   []shownRow
	Left   int  // number of rows that only the file contains
	Turned bool // rows are columns of the table, which cannot be sorted
}

// shownRow is one row of a table. DER is the name in its column "der", which
// the script hides with the DER; "" without such a column.
type shownRow struct {
	DER   string
	Cells []shownCell
}

// addRow appends a row.
func (t *shownTable) addRow(name string, cells []shownCell) {
	t.Body = append(t.Body, shownRow{name, cells})
}

// Numbers of rows of a table on the page.
const (
	maxShown   = 50
	maxPerDER  = 300 // of tables with a row per DER or payment
	maxColumns = 16  // of a table of profiles, which has a column per DER
)

// shownCell is one cell; numeric cells are aligned to the right.
type shownCell struct {
	Text    string
	Numeric bool         // aligned to the right
	Style   template.CSS // the colour of a VPP, whose name must not break then
}

// Long reports whether the text needs a wide column, such as a whole profile.
func (c shownCell) Long() bool { return len(c.Text) > 40 }

// own gives a cell the colour of a VPP.
func (c *shownCell) own(k ink) { c.Style = template.CSS("--own:" + k.variable()) }

// show formats a table for the page with at most limit rows. Names of VPPs have
// their colour beside them.
func (x *run) show(t *Table, limit int) *shownTable { return show(t, limit, x.vppInk) }

// show formats a table; inks are the colours of VPPs by name.
func show(t *Table, limit int, inks map[string]ink) *shownTable {
	out := &shownTable{Table: t}
	// Columns without a title are in the file only.
	for j, c := range t.Columns {
		if c.Title != "" {
			out.Head = append(out.Head, shownCell{Text: c.Title, Numeric: t.numeric(j)})
		}
	}
	for i, row := range t.Rows {
		if i == limit {
			// The page states the number of missing rows and links the file.
			out.Left = len(t.Rows) - limit
			break
		}
		var cells []shownCell
		for j, cell := range row {
			if t.Columns[j].Title == "" {
				continue
			}
			shown := shownCell{Text: t.Columns[j].shown(cell), Numeric: t.numeric(j)}
			if name, ok := cell.(string); ok {
				// Any cell with the name of a VPP gets its colour, in all
				// tables.
				if k, ok := inks[name]; ok {
					shown.own(k)
				}
			}
			cells = append(cells, shown)
		}
		// The script hides rows of DERs that the reader has hidden.
		name := ""
		if t.Columns[0].Name == "der" {
			name, _ = row[0].(string)
		}
		out.addRow(name, cells)
	}
	return out
}

// itemColumns returns the table "money" with one row per DER and one column per
// item, for the page:
//
//	DER  VPP   energy sold  fuel     allocated gain  sum
//	T1   VPP1    67,456.05  −40,480        7,391.04  34,367
//
// Items that a DER does not have stay empty. The sum is its payoff.
func itemColumns(t *Table) *Table {
	// DER, VPP and kind stay; their capacity is limited so that the columns of
	// t are not overwritten.
	out := &Table{Name: t.Name, Title: t.Title, Columns: t.Columns[:3:3]}
	column, at := map[any]int{}, map[any]int{} // of items, and rows of DERs
	// Items are in the order in which they first occur.
	for _, row := range t.Rows {
		if _, seen := column[row[3]]; !seen {
			// Items become columns in the order in which they first occur, so
			// that equal runs have equal pages.
			column[row[3]] = len(out.Columns)
			out.Columns = append(out.Columns, Column{Name: row[3].(string), Title: row[3].(string), Decimals: 2})
		}
	}
	out.Columns = append(out.Columns, Column{Name: "sum", Title: "sum", Decimals: 2})
	last := len(out.Columns) - 1
	for _, row := range t.Rows {
		k, seen := at[row[0]]
		if !seen {
			k = len(out.Rows)
			at[row[0]] = k
			// A DER without an item has an empty cell there, and not 0.
			cells := make([]any, len(out.Columns))
			copy(cells, row[:3])
			cells[last] = 0.0
			out.add(cells...)
		}
		cells := out.Rows[k]
		cells[column[row[3]]] = row[4]
		cells[last] = cells[last].(float64) + row[4].(float64)
	}
	return out
}

// profilesByGroup returns the table of equilibria with one column for the whole
// profile if there are too many DERs for a column each: "north: wind 2, 15 ×
// car · south: boiler, 7 × car".
func (x *run) profilesByGroup(t *Table) *Table {
	// The first n columns are the choices, see profileColumns.
	n := len(x.result.DERs)
	if n <= maxColumns {
		return t
	}
	out := &Table{Name: t.Name, Title: t.Title, Columns: append([]Column{{Name: "profile", Title: "profile"}}, t.Columns[n:]...)}
	for i, row := range t.Rows {
		out.add(append([]any{x.groups(x.result.Game.Nash[i].Profile)}, row[n:]...)...)
	}
	return out
}

// turn transposes a table with few rows and many columns. The first column
// becomes the head.
func (x *run) turn(t *shownTable) *shownTable {
	out := &shownTable{Table: t.Table, Head: []shownCell{t.Head[0]}, Turned: true}
	for _, row := range t.Body {
		out.Head = append(out.Head, shownCell{Text: row.Cells[0].Text, Style: row.Cells[0].Style, Numeric: true})
	}
	for j := 1; j < len(t.Head); j++ {
		cells := []shownCell{{Text: t.Head[j].Text}}
		for _, from := range t.Body {
			cells = append(cells, shownCell{Text: from.Cells[j].Text, Style: from.Cells[j].Style, Numeric: true})
		}
		out.addRow("", cells)
	}
	return out
}
