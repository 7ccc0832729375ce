package results

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/operate"
)

// The keys of the metadata of a Parquet file of seasons.
const (
	keySeason     = "trigrid.season.schema"
	keySeasonHead = "trigrid.season.gzip" // results as JSON, by gzip in base64
)

// seasonRecord is the schema of a Parquet file of seasons; see [record].
type seasonRecord struct {
	Strategy  *string  `parquet:"strategy,optional,dict"`
	Day       *int32   `parquet:"day,optional,dict"`  // from 1
	Step      *int32   `parquet:"step,optional,dict"` // from 0
	Time      *int64   `parquet:"time,optional,dict,timestamp(millisecond)"`
	LocalTime *string  `parquet:"local_time,optional,dict"`
	Party     *string  `parquet:"party,optional,dict"`
	Role      *string  `parquet:"role,optional,dict"`
	Kind      *string  `parquet:"kind,optional,dict"`
	Quantity  *string  `parquet:"quantity,optional,dict"`
	Unit      *string  `parquet:"unit,optional,dict"`
	Value     *float64 `parquet:"value,optional,split"` // never NaN
}

// seasonHeader returns the names of the columns in their order, which files and
// readers share. Readers find columns by name, so that other programs can
// change the order.
func seasonHeader() []string {
	return []string{"strategy", "day", "step", "time", "local_time", "party", "role", "kind", "quantity", "unit", "value"}
}

// WriteSeasonFile writes the table of operated seasons to a file. The name ends
// in .parquet, or in .csv: then the description goes to NAME.csv.json. An
// existing file is replaced once the new one is complete.
//
//	err = results.WriteSeasonFile("season.parquet", rolling, dayAhead)
func WriteSeasonFile(name string, seasons ...*operate.Result) error {
	format, err := formatOf(name)
	if err != nil {
		return err
	}
	t, err := NewSeason(seasons...)
	if err != nil {
		return err
	}
	return writeTable(name, format, t)
}

// ReadSeasonFile reads the results of a file that [WriteSeasonFile] wrote. They
// lack the metered plans of the days; their settled steps come from the rows,
// and the sums are checked against the payments.
func ReadSeasonFile(name string) (seasons []*operate.Result, err error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("results: %w", err)
	}
	defer file.Close()
	format, err := formatOf(name)
	if err != nil {
		return nil, err
	}
	var (
		h    *seasonHead
		rows iter.Seq2[SeasonRow, error]
	)
	if format == ".csv" {
		// A CSV file has rows only.
		data, err := os.ReadFile(name + ".json")
		if err != nil {
			return nil, fmt.Errorf("%s: results: the description of the season must be beside the CSV file: %w", name, err)
		}
		if h, err = parseSeasonHead(data); err != nil {
			return nil, fmt.Errorf("%s.json: %w", name, err)
		}
		rows = readSeasonCSV(file)
	} else {
		info, err := file.Stat()
		if err != nil {
			return nil, fmt.Errorf("results: %w", err)
		}
		if h, rows, err = openSeasonParquet(file, info.Size()); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	// Settled steps are rows only, so that a changed row is a changed sum.
	if seasons, err = h.rebuild(rows); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return seasons, nil
}

// WriteHead writes the part of the table that is no rows, as JSON. It belongs
// beside a CSV file.
func (t *SeasonTable) WriteHead(w io.Writer) error { return writeHead(w, t.newSeasonHead()) }

// parseSeasonHead reads a head. It refuses a newer schema before it reads the
// rest.
func parseSeasonHead(data []byte) (*seasonHead, error) {
	var version struct {
		Schema int `json:"season_schema"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return nil, fmt.Errorf("results: the description of the season is no JSON: %w", err)
	}
	if version.Schema > SeasonSchema {
		return nil, fmt.Errorf("results: the table of seasons has schema version %d, and this program reads versions up to %d; "+
			"use a newer version of trigrid", version.Schema, SeasonSchema)
	}
	if version.Schema < 1 {
		return nil, errors.New("results: the description has no version of a season; give a file that WriteSeasonFile wrote")
	}
	h := &seasonHead{}
	if err := json.Unmarshal(data, h); err != nil {
		return nil, fmt.Errorf("results: the description of the season: %w", err)
	}
	if slices.Contains(h.Results, nil) {
		return nil, errors.New("results: the description of the season has a result that is null")
	}
	return h, nil
}

// WriteCSV writes the table as comma-separated values (RFC 4180), in the format
// of [Table.WriteCSV]. For example, a farm that receives 6 of currency in the
// first step of the season:
//
//	strategy,day,step,time,local_time,party,role,kind,quantity,unit,value
//	rolling,1,0,2030-03-29T23:00:00Z,2030-03-30T00:00:00+01:00,W,der,settled,payment,minor units,600
func (t *SeasonTable) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(seasonHeader()); err != nil {
		return err
	}
	for row := range t.Rows() {
		day := ""
		if row.Day > 0 {
			day = strconv.Itoa(row.Day)
		}
		err := out.Write([]string{
			inSpreadsheet(row.Strategy), day, whole(int32(row.Step)), instant(row.milliseconds()), row.LocalTime,
			inSpreadsheet(row.Party), string(row.Role), row.Kind, inSpreadsheet(row.Quantity), inSpreadsheet(row.Unit), exact(row.Value),
		})
		if err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// milliseconds returns the time of the row, [noTime] for none.
func (r SeasonRow) milliseconds() int64 {
	if r.Time.IsZero() {
		return noTime
	}
	return r.Time.UnixMilli()
}

// readSeasonCSV returns the rows of a CSV file. The order of the columns is
// free, and others are ignored.
func readSeasonCSV(r io.Reader) iter.Seq2[SeasonRow, error] {
	return func(yield func(SeasonRow, error) bool) {
		in := csv.NewReader(r)
		in.ReuseRecord = true
		names, err := in.Read()
		if err != nil {
			yield(SeasonRow{}, fmt.Errorf("results: the CSV file has no line of column names: %w", err))
			return
		}
		names[0] = strings.TrimPrefix(names[0], "\ufeff") // of spreadsheets
		index, err := seasonColumns(names)
		if err != nil {
			yield(SeasonRow{}, err)
			return
		}
		texts := interned{}
		for {
			record, err := in.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			var row SeasonRow
			if err == nil {
				line, _ := in.FieldPos(0)
				row, err = parseSeasonRow(record, index, texts, line)
			}
			if err != nil {
				yield(SeasonRow{}, fmt.Errorf("results: %w", err))
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// seasonColumns returns the place of each column of seasonHeader. An error
// lists all columns that the file lacks.
func seasonColumns(names []string) ([]int, error) {
	bad := faults.List{Prefix: "results: "}
	var index []int
	for _, want := range seasonHeader() {
		k := slices.Index(names, want)
		bad.Require(k >= 0, "the table lacks the column %q; give a table of seasons that package results wrote", want)
		index = append(index, k)
	}
	return index, bad.Err()
}

// parseSeasonRow reads a row; index is that of seasonColumns. All wrong cells
// of a row are one error, which names the line.
func parseSeasonRow(record []string, index []int, texts interned, line int) (SeasonRow, error) {
	bad := faults.List{}
	text := func(k int) string { return texts.of(fromSpreadsheet(record[index[k]])) }
	count := func(k, absent, least int) int {
		cell := record[index[k]]
		if cell == "" {
			return absent
		}
		x, err := strconv.ParseInt(cell, 10, 32)
		bad.Require(err == nil && int(x) >= least, "line %d: %s is %q, want a whole number of at least %d", line, seasonHeader()[k], cell, least)
		return int(x)
	}
	row := SeasonRow{
		Strategy: text(0), Day: count(1, 0, 1), Step: count(2, null, 0), LocalTime: texts.of(record[index[4]]), Party: text(5),
		Role: operate.Role(texts.of(record[index[6]])), Kind: texts.of(record[index[7]]), Quantity: text(8), Unit: text(9), Value: math.NaN(),
	}
	if cell := record[index[3]]; cell != "" {
		at, err := time.Parse(time.RFC3339, cell)
		bad.Require(err == nil, "line %d: time is %q, want a time in UTC such as 2026-07-06T00:00:00Z", line, cell)
		row.Time = at
	}
	if cell := record[index[10]]; cell != "" {
		x, err := strconv.ParseFloat(cell, 64)
		bad.Require(err == nil, "line %d: value is %q, want a number", line, cell)
		row.Value = x
	}
	return row, bad.Err()
}

// WriteParquet writes the table with its description as a Parquet file. Rows
// are written in groups of at most 131,072, so that a season of any length
// needs the memory of one group. The description is metadata of the file: the
// results without their settled steps, as JSON by gzip in base64.
func (t *SeasonTable) WriteParquet(w io.Writer) error {
	run, err := json.Marshal(t.newSeasonHead())
	if err != nil {
		return fmt.Errorf("results: %w", err)
	}
	packed, err := pack(run)
	if err != nil {
		return fmt.Errorf("results: %w", err)
	}
	out := parquet.NewWriter(w, parquet.SchemaOf(seasonRecord{}),
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest, Concurrency: 1}),
		parquet.DataPageStatistics(true),
		parquet.PageBufferSize(1<<20),
		parquet.KeyValueMetadata(keySeason, strconv.Itoa(SeasonSchema)),
		parquet.KeyValueMetadata(keyZone, t.zone),
		parquet.KeyValueMetadata(keySeasonHead, packed),
		parquet.CreatedBy("trigrid", "results", strconv.Itoa(SeasonSchema)),
	)
	// flush writes one row group, column by column, and keeps the memory of the
	// rows.
	rows := make([]SeasonRow, 0, min(maxRows, t.len()))
	buffer := make([]parquet.Value, 0, 4096)
	flush := func() error {
		for k, fill := range seasonFills(rows) {
			if err := writeColumn(out.ColumnWriters()[k], buffer, len(rows), k, fill); err != nil {
				return err
			}
		}
		rows = rows[:0]
		return out.Flush()
	}
	for row := range t.Rows() {
		// A season of a year is written with the memory of one group.
		if rows = append(rows, row); len(rows) == maxRows {
			if err := flush(); err != nil {
				return fmt.Errorf("results: %w", err)
			}
		}
	}
	if len(rows) > 0 {
		if err := flush(); err != nil {
			return fmt.Errorf("results: %w", err)
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("results: %w", err)
	}
	return nil
}

// seasonFills returns a function per column, in the order of seasonHeader, that
// returns its values. The null value of the writer stands for "", day 0, step
// −1, the zero time and NaN.
func seasonFills(rows []SeasonRow) []func(i int) parquet.Value {
	text := func(of func(*SeasonRow) string) func(i int) parquet.Value {
		return func(i int) parquet.Value {
			if x := of(&rows[i]); x != "" {
				return parquet.ByteArrayValue([]byte(x))
			}
			return parquet.Value{}
		}
	}
	count := func(of func(*SeasonRow) int, missing int) func(i int) parquet.Value {
		return func(i int) parquet.Value {
			if x := of(&rows[i]); x != missing {
				return parquet.Int32Value(int32(x))
			}
			return parquet.Value{}
		}
	}
	return []func(i int) parquet.Value{
		text(func(r *SeasonRow) string { return r.Strategy }),
		count(func(r *SeasonRow) int { return r.Day }, 0),
		count(func(r *SeasonRow) int { return r.Step }, null),
		func(i int) parquet.Value {
			if ms := rows[i].milliseconds(); ms != noTime {
				return parquet.Int64Value(ms)
			}
			return parquet.Value{}
		},
		text(func(r *SeasonRow) string { return r.LocalTime }),
		text(func(r *SeasonRow) string { return r.Party }),
		text(func(r *SeasonRow) string { return string(r.Role) }),
		text(func(r *SeasonRow) string { return r.Kind }),
		text(func(r *SeasonRow) string { return r.Quantity }),
		text(func(r *SeasonRow) string { return r.Unit }),
		func(i int) parquet.Value {
			if math.IsNaN(rows[i].Value) {
				return parquet.Value{}
			}
			return parquet.DoubleValue(rows[i].Value)
		},
	}
}

// openSeasonParquet opens a table of seasons and reads its head.
func openSeasonParquet(r io.ReaderAt, size int64) (h *seasonHead, rows iter.Seq2[SeasonRow, error], err error) {
	defer guard(&err)
	file, err := parquet.OpenFile(r, size)
	if err != nil {
		return nil, nil, fmt.Errorf("results: this is no Parquet file, or it is damaged: %w", err)
	}
	if _, ok := file.Lookup(keySeason); !ok {
		return nil, nil, fmt.Errorf("results: the Parquet file has no metadata %s; give a file that WriteSeasonFile wrote", keySeason)
	}
	packed, _ := file.Lookup(keySeasonHead)
	data, err := unpack(packed)
	if err != nil {
		return nil, nil, fmt.Errorf("results: the metadata %s is damaged: %w", keySeasonHead, err)
	}
	if h, err = parseSeasonHead(data); err != nil {
		return nil, nil, err
	}
	return h, readSeasonParquet(file), nil
}

// readSeasonParquet returns the rows of a Parquet file, one row group after the
// other. An error ends the sequence: a missing column, one of another type, or
// a damaged page.
func readSeasonParquet(file *parquet.File) iter.Seq2[SeasonRow, error] {
	return func(yield func(SeasonRow, error) bool) {
		var names []string
		for _, path := range file.Schema().Columns() {
			names = append(names, path[0])
		}
		index, err := seasonColumns(names)
		if err == nil {
			err = seasonTypes(file, names, index)
		}
		if err != nil {
			yield(SeasonRow{}, err)
			return
		}
		texts := interned{}
		for _, group := range file.RowGroups() {
			rows, err := readSeasonGroup(group, index, texts)
			if err != nil {
				yield(SeasonRow{}, err)
				return
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

// seasonTypes rejects columns of another type, whose values would be wrong.
func seasonTypes(file *parquet.File, names []string, index []int) error {
	bad := faults.List{Prefix: "results: "}
	for k, name := range seasonHeader() {
		want := parquet.ByteArray
		switch name {
		case "day", "step":
			want = parquet.Int32
		case "time":
			want = parquet.Int64
		case "value":
			want = parquet.Double
		}
		leaf, ok := file.Schema().Lookup(names[index[k]])
		bad.Require(ok && leaf.Node.Type().Kind() == want, "column %q is no %v; give a file that package results wrote", name, want)
	}
	return bad.Err()
}

// readSeasonGroup returns the rows of a row group. Columns are read one after
// the other; one that is shorter than the group is an error, so that rows never
// shift against each other.
func readSeasonGroup(group parquet.RowGroup, index []int, texts interned) (rows []SeasonRow, err error) {
	defer guard(&err)
	rows = make([]SeasonRow, group.NumRows())
	text := func(set func(*SeasonRow, string)) func(*SeasonRow, parquet.Value) {
		return func(row *SeasonRow, v parquet.Value) {
			if !v.IsNull() {
				set(row, texts.of(string(v.ByteArray())))
			}
		}
	}
	sets := []func(*SeasonRow, parquet.Value){
		text(func(r *SeasonRow, x string) { r.Strategy = x }),
		func(r *SeasonRow, v parquet.Value) {
			if !v.IsNull() {
				r.Day = int(v.Int32())
			}
		},
		func(r *SeasonRow, v parquet.Value) {
			if r.Step = null; !v.IsNull() {
				r.Step = int(v.Int32())
			}
		},
		func(r *SeasonRow, v parquet.Value) {
			if !v.IsNull() {
				r.Time = time.UnixMilli(v.Int64()).UTC()
			}
		},
		text(func(r *SeasonRow, x string) { r.LocalTime = x }),
		text(func(r *SeasonRow, x string) { r.Party = x }),
		text(func(r *SeasonRow, x string) { r.Role = operate.Role(x) }),
		text(func(r *SeasonRow, x string) { r.Kind = x }),
		text(func(r *SeasonRow, x string) { r.Quantity = x }),
		text(func(r *SeasonRow, x string) { r.Unit = x }),
		func(r *SeasonRow, v parquet.Value) {
			if r.Value = math.NaN(); !v.IsNull() {
				r.Value = v.Double()
			}
		},
	}
	buffer := make([]parquet.Value, 4096)
	for k, set := range sets {
		at := 0
		n, err := readColumn(group.ColumnChunks()[index[k]], buffer, func(v parquet.Value) {
			if at < len(rows) { // a damaged chunk can be longer than its group
				set(&rows[at], v)
			}
			at++
		})
		if err != nil {
			return nil, fmt.Errorf("results: column %q: %w", seasonHeader()[k], err)
		}
		if n != group.NumRows() {
			return nil, fmt.Errorf("results: column %q has %d values in a group of %d rows", seasonHeader()[k], n, group.NumRows())
		}
	}
	return rows, nil
}
