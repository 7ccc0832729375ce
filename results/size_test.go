package results_test

import (
	"bytes"
	"io"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/results"
)

// A run of 30 DERs, 96 steps and 20 scenarios is written in less than a second
// and has less than 10 MB. Only an idle machine keeps the time, which
// TRIGRID_IDLE=1 checks; other runs have 10 s more.
func TestParquetOfALargeRunIsSmall(t *testing.T) {
	r, res := drawn(t, 30, 20, 96)
	limit := time.Second
	if os.Getenv("TRIGRID_IDLE") == "" {
		limit += 10 * time.Second
	}
	start := time.Now()
	table, err := results.New(r, res)
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, table.WriteParquet(&out))
	assert.Less(t, time.Since(start), limit)
	rows := 0
	for range table.Rows() {
		rows++
	}
	t.Logf("%d rows, %d bytes", rows, out.Len())
	assert.Greater(t, rows, 30*20*96*5, "ports, states and money of every DER")
	assert.Less(t, out.Len(), 10_000_000)

	got, err := results.Read(bytes.NewReader(out.Bytes()), int64(out.Len()), r)
	require.NoError(t, err)
	assert.Equal(t, res.Plans[1].Members[3].Schedule, got.Plans[1].Members[3].Schedule)
	assert.Equal(t, res.Plans[0].Value, got.Plans[0].Value)
}

// A run of 30 DERs, 96 steps and 20 scenarios, from the result to the bytes and
// back.
func BenchmarkRun(b *testing.B) {
	r, res := drawn(b, 30, 20, 96)
	var file bytes.Buffer
	write := func(b *testing.B, how func(*results.Table, io.Writer) error) {
		for b.Loop() {
			file.Reset()
			table, err := results.New(r, res)
			require.NoError(b, err)
			require.NoError(b, how(table, &file))
		}
		b.ReportMetric(float64(file.Len())/1e6, "MB")
	}
	b.Run("csv", func(b *testing.B) { write(b, (*results.Table).WriteCSV) })
	b.Run("parquet", func(b *testing.B) { write(b, (*results.Table).WriteParquet) })
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			_, err := results.Read(bytes.NewReader(file.Bytes()), int64(file.Len()), r)
			require.NoError(b, err)
		}
	})
}
