package results

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/trigrid/trigrid/internal/files"
	"github.com/trigrid/trigrid/sweep"
)

// SweepRow is one number or text of one case of a sweep. Exactly one of Value
// and Text is set.
//
//	kind       quantity                         party    value or text
//	setting    a key of the case file           -        as given; a number also as Value
//	weight     economic, risk, environment      -        of the case
//	value      economic, risk, environment      -        currency, see [sweep.Outcome]
//	number     those of [sweep.Quantities]      -
//	payoff     payoff_currency                  DER      currency
//	choice     vpp                              DER      a VPP, or "outside"
//	status     failed, cut, planning, solver    -        failed has the error
type SweepRow struct {
	Case     string   `parquet:"case,dict"`
	Kind     string   `parquet:"kind,dict"`
	Quantity string   `parquet:"quantity,dict"`
	Party    *string  `parquet:"party,optional,dict"`
	Value    *float64 `parquet:"value,optional,split"` // never NaN
	Text     *string  `parquet:"text,optional,dict"`
}

// SweepRows returns the rows of a table, by case. A failed case has its
// settings, its weights and its error.
func SweepRows(t *sweep.Table) []SweepRow {
	var rows []SweepRow
	for i := range t.Outcomes {
		o := &t.Outcomes[i]
		add := func(kind, quantity, party string, value *float64, text *string) {
			r := SweepRow{Case: o.Case, Kind: kind, Quantity: quantity, Value: value, Text: text}
			if party != "" {
				r.Party = &party
			}
			rows = append(rows, r)
		}
		for _, s := range o.Settings {
			// A text such as "nan" or "inf" is no number of a table.
			if x, err := strconv.ParseFloat(s.Value, 64); err == nil && !math.IsNaN(x) && !math.IsInf(x, 0) {
				add("setting", s.Key, "", &x, nil)
			} else {
				add("setting", s.Key, "", nil, &s.Value)
			}
		}
		w, v := o.Weights, o.Value
		add("weight", "economic", "", &w.Economic, nil)
		add("weight", "risk", "", &w.Risk, nil)
		add("weight", "environment", "", &w.Environment, nil)
		if o.Failed != "" {
			add("status", "failed", "", nil, &o.Failed)
			continue
		}
		add("value", "economic", "", &v.Economic, nil)
		add("value", "risk", "", &v.Risk, nil)
		add("value", "environment", "", &v.Environment, nil)
		for _, q := range sweep.Quantities() {
			if x, ok := o.Numbers[q]; ok {
				add("number", q, "", &x, nil)
			}
		}
		for _, d := range slices.Sorted(maps.Keys(o.Payoffs)) {
			x, choice := o.Payoffs[d], o.Profile[d]
			add("payoff", "payoff_currency", d, &x, nil)
			add("choice", "vpp", d, nil, &choice)
		}
		cut := strconv.FormatBool(o.Cut)
		add("status", "cut", "", nil, &cut)
		add("status", "planning", "", nil, &o.Planning)
		add("status", "solver", "", nil, &o.Solver)
	}
	return rows
}

// WriteSweepFile writes the table of a sweep to a file, .parquet or .csv, with
// the column case before the others. An existing file is replaced once the new
// one is complete. [SweepRow] has the columns.
func WriteSweepFile(name string, t *sweep.Table) error {
	format, err := formatOf(name)
	if err != nil {
		return err
	}
	return files.Write(name, func(w io.Writer) error {
		if format == ".csv" {
			return writeSweepCSV(w, SweepRows(t))
		}
		out := parquet.NewGenericWriter[SweepRow](w, parquet.Compression(&zstd.Codec{}), parquet.KeyValueMetadata("trigrid.sweep.schema", "1"))
		if _, err := out.Write(SweepRows(t)); err != nil {
			return fmt.Errorf("results: %w", err)
		}
		return out.Close()
	})
}

func writeSweepCSV(w io.Writer, rows []SweepRow) error {
	out := csv.NewWriter(w)
	fields := []string{"case", "kind", "quantity", "party", "value", "text"}
	for i := -1; i < len(rows); i++ {
		if i >= 0 {
			r := rows[i]
			fields = []string{r.Case, r.Kind, r.Quantity, "", "", ""}
			if r.Party != nil {
				fields[3] = *r.Party
			}
			if r.Value != nil {
				fields[4] = strconv.FormatFloat(*r.Value, 'g', -1, 64)
			}
			if r.Text != nil {
				fields[5] = *r.Text
			}
		}
		if err := out.Write(fields); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
