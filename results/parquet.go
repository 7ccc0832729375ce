package results

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"
	"strings"
	"unsafe"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/trigrid/trigrid/internal/faults"
)

// The keys of the metadata of a Parquet file.
const (
	keySchema = "trigrid.schema"
	keyZone   = "trigrid.zone"
	keyRun    = "trigrid.run"
	keyPacked = "trigrid.run.gzip" // instead of keyRun, if that is longer than maxRun
)

// maxRun is the largest description of a run that a Parquet file has as plain
// JSON, bytes. A search that its budget ends can list 10,000 open programs,
// whose JSON has 10 MB and packs to a hundredth.
const maxRun = 1 << 20

// maxUnpacked protects against metadata that would exhaust the memory, bytes.
const maxUnpacked = 1 << 30

// pack compresses a description by gzip; metadata are texts, so that it is in
// base64.
func pack(run []byte) (string, error) {
	var out bytes.Buffer
	encoder := base64.NewEncoder(base64.StdEncoding, &out)
	z := gzip.NewWriter(encoder)
	_, err := z.Write(run)
	err = errors.Join(err, z.Close(), encoder.Close())
	return out.String(), err
}

// unpack is the inverse of pack. It returns an error for text that is not
// base64, for data that are not gzip, and for more than maxUnpacked bytes.
func unpack(text string) ([]byte, error) {
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	if err != nil {
		return nil, err
	}
	run, err := io.ReadAll(io.LimitReader(z, maxUnpacked+1))
	if err == nil && len(run) > maxUnpacked {
		err = fmt.Errorf("it is longer than %d bytes", maxUnpacked)
	}
	return run, err
}

// record is the schema of a file; values are written column by column. Texts
// and whole numbers are dictionaries. Values are none, because a dictionary
// with a NaN would have a wrong minimum; their bytes are split, which
// compresses well.
//
// In DuckDB, DESCRIBE shows VARCHAR, INTEGER, TIMESTAMP WITH TIME ZONE and
// DOUBLE for the four types.
//
// VPP is "outside" for DERs outside, and DER is null for rows of a VPP. Time is
// the start of the step in UTC, and LocalTime the same with its offset.
type record struct {
	VPP       *string  `parquet:"vpp,optional,dict"`
	DER       *string  `parquet:"der,optional,dict"`
	Scenario  *int32   `parquet:"scenario,optional,dict"` // from 0
	Step      *int32   `parquet:"step,optional,dict"`     // from 0
	Time      *int64   `parquet:"time,optional,dict,timestamp(millisecond)"`
	LocalTime *string  `parquet:"local_time,optional,dict"`
	Kind      *string  `parquet:"kind,optional,dict"`     // such as "state"
	Quantity  *string  `parquet:"quantity,optional,dict"` // such as "energy"
	Unit      *string  `parquet:"unit,optional,dict"`     // such as "MWh"
	Value     *float64 `parquet:"value,optional,split"`   // never NaN
}

// mergedRecord is the schema of a merged file. Its first column is the name of
// the case, such as "windy".
type mergedRecord struct {
	Case *string `parquet:"case,optional,dict"`
	record
}

// WriteParquet writes the table with its metadata as a Parquet file.
//
//	file, err := os.Create("run.parquet")
//	err = table.WriteParquet(file)
//
// [WriteFile] does this with a name, and replaces an existing file only after
// success.
func (t *Table) WriteParquet(w io.Writer) error {
	return writeParquet(w, false, &t.head, func(yield func(*columns, error) bool) {
		for part := range t.parts() {
			if !yield(part, nil) {
				return
			}
		}
	})
}

// writeParquet writes each part as one row group of at most maxRows rows. Parts
// hold the columns, so that no row is ever built. A reader that selects one DER
// skips the groups whose statistics exclude it.
func writeParquet(w io.Writer, merged bool, h *head, parts iter.Seq2[*columns, error]) error {
	run, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("results: %w", err)
	}
	key, text := keyRun, string(run)
	if len(run) > maxRun {
		key = keyPacked
		if text, err = pack(run); err != nil {
			return fmt.Errorf("results: %w", err)
		}
	}
	schema := parquet.SchemaOf(record{})
	if merged {
		schema = parquet.SchemaOf(mergedRecord{})
	}
	out := parquet.NewWriter(w, schema,
		// The fastest level needs a third of the time of the default one, for 3
		// % more bytes.
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest, Concurrency: 1}),
		parquet.DataPageStatistics(true), // lets readers skip pages
		parquet.PageBufferSize(1<<20),    // bytes
		parquet.KeyValueMetadata(keySchema, strconv.Itoa(h.Schema)),
		parquet.KeyValueMetadata(keyZone, h.Zone),
		parquet.KeyValueMetadata(key, text),
		parquet.CreatedBy("trigrid", "results", strconv.Itoa(Schema)),
	)
	// Columns are written in pieces of 4096 values.
	buffer := make([]parquet.Value, 0, 4096)
	for part, err := range parts {
		if err != nil {
			return err
		}
		for k, fill := range part.fills(merged) {
			if err := writeColumn(out.ColumnWriters()[k], buffer, part.len(), k, fill); err != nil {
				return fmt.Errorf("results: %w", err)
			}
		}
		if err := out.Flush(); err != nil {
			return fmt.Errorf("results: %w", err)
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("results: %w", err)
	}
	return nil
}

// writeColumn writes n values of a column; at returns the null value for a
// missing one.
//
// The definition level of a value is 1, that of null 0. The buffer is reused
// for all columns, because the writer copies the values.
func writeColumn(out *parquet.ColumnWriter, buffer []parquet.Value, n, column int, at func(i int) parquet.Value) error {
	for from := 0; from < n; from += cap(buffer) {
		buffer = buffer[:0]
		for i := from; i < min(n, from+cap(buffer)); i++ {
			v, level := at(i), 1
			if v.IsNull() {
				level = 0
			}
			buffer = append(buffer, v.Level(0, level, column))
		}
		if _, err := out.WriteRowValues(buffer); err != nil {
			return err
		}
	}
	return nil
}

// fills returns a function per column, in the order of [header], that returns
// its values.
//
// The null value of the writer stands for "", [null], [noTime] and NaN.
func (c *columns) fills(merged bool) []func(i int) parquet.Value {
	text := func(column []string) func(i int) parquet.Value {
		return func(i int) parquet.Value {
			if column[i] == "" {
				return parquet.Value{}
			}
			// The writer copies the bytes and does not change them.
			return parquet.ByteArrayValue(unsafe.Slice(unsafe.StringData(column[i]), len(column[i])))
		}
	}
	whole := func(column []int32) func(i int) parquet.Value {
		return func(i int) parquet.Value {
			if column[i] == null {
				return parquet.Value{}
			}
			return parquet.Int32Value(column[i])
		}
	}
	out := []func(i int) parquet.Value{
		text(c.vpp), text(c.der), whole(c.scenario), whole(c.step),
		func(i int) parquet.Value {
			// A null and not 1970: readers would take the zero time for a date.
			if c.time[i] == noTime {
				return parquet.Value{}
			}
			return parquet.Int64Value(c.time[i])
		},
		text(c.local), text(c.kind), text(c.quantity), text(c.unit),
		func(i int) parquet.Value {
			// A NaN would spoil the least and greatest value by which readers
			// skip row groups.
			if math.IsNaN(c.value[i]) {
				return parquet.Value{}
			}
			return parquet.DoubleValue(c.value[i])
		},
	}
	if merged {
		// The case comes first, as in the CSV file.
		out = append([]func(i int) parquet.Value{text(c.cases)}, out...)
	}
	return out
}

// openParquet opens a table and reads its head.
//
// The version is checked before the rest of the metadata: a later version can
// have another form.
func openParquet(r io.ReaderAt, size int64) (file *parquet.File, h *head, err error) {
	defer guard(&err)
	file, err = parquet.OpenFile(r, size)
	if err != nil {
		return nil, nil, fmt.Errorf("results: this is no Parquet file, or it is damaged: %w", err)
	}
	text, ok := file.Lookup(keySchema)
	if !ok {
		return nil, nil, fmt.Errorf("results: the Parquet file has no metadata %s; give a file that package results wrote", keySchema)
	}
	version, err := strconv.Atoi(text)
	if err != nil {
		return nil, nil, fmt.Errorf("results: the metadata %s is %q, want a whole number", keySchema, text)
	}
	if err := checkSchema(version); err != nil {
		return nil, nil, err
	}
	// Short descriptions are plain JSON, which other programs read without
	// unpacking.
	plain, ok := file.Lookup(keyRun)
	run := []byte(plain)
	if packed, long := file.Lookup(keyPacked); !ok && long {
		if run, err = unpack(packed); err != nil {
			return nil, nil, fmt.Errorf("results: the metadata %s is damaged: %w", keyPacked, err)
		}
	}
	h, err = parseHead(run)
	return file, h, err
}

// guard turns a panic of the reader on damaged bytes into an error.
//
// The library panics on some damaged pages. Input from a file must not end the
// program of a user:
//
//	defer guard(&err)
func guard(err *error) {
	if fault := recover(); fault != nil {
		*err = fmt.Errorf("results: the Parquet file is damaged: %v", fault)
	}
}

// readParquet returns the parts of a table, one or more per row group. Columns
// are found by name.
//
// A group of another writer can be longer than maxRows; it is then one long
// part.
func readParquet(file *parquet.File) iter.Seq2[*columns, error] {
	return func(yield func(*columns, error) bool) {
		index, err := leaves(file)
		if err != nil {
			yield(nil, err)
			return
		}
		texts := interned{}
		part := &columns{}
		for _, group := range file.RowGroups() {
			part.clear()
			if err := part.read(group, index, texts); err != nil {
				yield(nil, err)
				return
			}
			if part.len() > 0 && !yield(part, nil) {
				return
			}
		}
	}
}

// leaves returns the place of each column of [header] with the case, after a
// check of its type.
//
// Other programs can add columns or change the order. A changed type is an
// error, because the values would be wrong, not missing.
func leaves(file *parquet.File) ([]int, error) {
	var names []string
	for _, path := range file.Schema().Columns() {
		names = append(names, path[0])
	}
	index, err := columnsOf(names)
	if err != nil {
		return nil, err
	}
	bad := faults.List{Prefix: "results: "}
	// In the order of the columns; a column of another type would be read as
	// wrong numbers.
	kinds := []parquet.Kind{
		parquet.ByteArray, parquet.ByteArray, parquet.ByteArray, parquet.Int32, parquet.Int32, parquet.Int64,
		parquet.ByteArray, parquet.ByteArray, parquet.ByteArray, parquet.ByteArray, parquet.Double,
	}
	for k, want := range kinds {
		if index[k] < 0 {
			continue
		}
		leaf, ok := file.Schema().Lookup(names[index[k]])
		bad.Require(ok && leaf.Node.Type().Kind() == want, "column %q is no %v; give a file that package results wrote", names[index[k]], want)
	}
	return index, bad.Err()
}

// read appends the rows of a row group.
//
// Columns are read one after the other into the slices of the part. A column
// that is shorter than the group is an error, so that rows never shift against
// each other.
func (c *columns) read(group parquet.RowGroup, index []int, texts interned) (err error) {
	defer guard(&err)
	text := func(column *[]string) func(parquet.Value) {
		return func(v parquet.Value) {
			var own string
			if !v.IsNull() {
				b := v.ByteArray()
				var ok bool
				if own, ok = texts[string(b)]; !ok { // the compiler makes no copy for the look-up
					own = texts.of(string(b))
				}
			}
			*column = append(*column, own)
		}
	}
	negative := false
	whole := func(column *[]int32) func(parquet.Value) {
		return func(v parquet.Value) {
			x := int32(null)
			if !v.IsNull() {
				x = v.Int32()
				negative = negative || x < 0
			}
			*column = append(*column, x)
		}
	}
	add := []func(parquet.Value){
		text(&c.cases), text(&c.vpp), text(&c.der), whole(&c.scenario), whole(&c.step),
		func(v parquet.Value) {
			ms := int64(noTime)
			if !v.IsNull() {
				ms = v.Int64()
			}
			c.time = append(c.time, ms)
		},
		text(&c.local), text(&c.kind), text(&c.quantity), text(&c.unit),
		func(v parquet.Value) {
			x := math.NaN()
			if !v.IsNull() {
				x = v.Double()
			}
			c.value = append(c.value, x)
		},
	}
	buffer := make([]parquet.Value, 4096)
	for k := range add {
		if index[k] < 0 {
			continue
		}
		rows, err := readColumn(group.ColumnChunks()[index[k]], buffer, add[k])
		if err != nil {
			return fmt.Errorf("results: column %q: %w", header(true)[k], err)
		}
		// A shorter column would shift all later rows against the others.
		if rows != group.NumRows() {
			return fmt.Errorf("results: column %q has %d values in a group of %d rows", header(true)[k], rows, group.NumRows())
		}
		if negative {
			return fmt.Errorf("results: column %q has a negative number; want whole numbers of at least 0", header(true)[k])
		}
	}
	return nil
}

// readColumn calls add for every value of a column chunk and returns their
// number.
//
// A chunk has pages, and a page has values that are decoded into the buffer,
// 4096 at a time.
func readColumn(chunk parquet.ColumnChunk, buffer []parquet.Value, add func(parquet.Value)) (n int64, err error) {
	pages := chunk.Pages()
	defer func() { err = errors.Join(err, pages.Close()) }()
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		values := page.Values()
		for {
			k, err := values.ReadValues(buffer)
			for _, v := range buffer[:k] {
				add(v)
			}
			n += int64(k)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return n, err
			}
		}
		// Pages come from a pool.
		parquet.Release(page)
	}
}
