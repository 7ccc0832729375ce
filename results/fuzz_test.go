package results_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/results"
)

// Any bytes give a result that can be written again, or an error, and never a
// panic.
func FuzzReadCSV(f *testing.F) {
	r, res := drawn(f, 5, 2, 2)
	table, err := results.New(r, res)
	require.NoError(f, err)
	var rows, description bytes.Buffer
	require.NoError(f, table.WriteCSV(&rows))
	require.NoError(f, table.WriteHead(&description))
	f.Add(rows.Bytes(), description.Bytes())
	f.Add([]byte("vpp,der\n"), []byte(`{"schema":1}`))
	f.Fuzz(func(t *testing.T, rows, description []byte) {
		got, err := results.ReadCSV(bytes.NewReader(rows), bytes.NewReader(description), r)
		if err != nil {
			return
		}
		again, err := results.New(r, got)
		require.NoError(t, err)
		require.NoError(t, again.WriteCSV(io.Discard))
	})
}

// The same for Parquet.
func FuzzReadParquet(f *testing.F) {
	r, res := drawn(f, 5, 2, 2)
	table, err := results.New(r, res)
	require.NoError(f, err)
	var file bytes.Buffer
	require.NoError(f, table.WriteParquet(&file))
	f.Add(file.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := results.Read(bytes.NewReader(data), int64(len(data)), r); err != nil {
			return
		}
	})
}
