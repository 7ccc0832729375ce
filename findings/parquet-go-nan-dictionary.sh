#!/bin/sh
# Package: github.com/parquet-go/parquet-go v0.32.0, npm hyparquet 1.33.0
# Guess: a NaN in a column is ignored by its statistics, or they are left out
# Seen: in a dictionary column of 1, NaN, 7, the writer states a minimum of 7; a reader that
#   trusts it, such as hyparquet, finds no row below 4; without a dictionary it finds the 1
# Here: the library reads CSV and refuses NaN in series
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

go_get github.com/parquet-go/parquet-go@v0.32.0
npm_get hyparquet@1.33.0
go_run <<'EOF'
package main

import (
	"math"

	"github.com/parquet-go/parquet-go"
)

type dictionary struct {
	Price float64 `parquet:"price,dict"`
}

type plain struct {
	Price float64 `parquet:"price"`
}

func write[T any](file string, rows []T) {
	if err := parquet.WriteFile(file, rows); err != nil {
		panic(err)
	}
}

func main() {
	write("../dictionary.parquet", []dictionary{{1}, {math.NaN()}, {7}})
	write("../plain.parquet", []plain{{1}, {math.NaN()}, {7}})
}
EOF
cat >run.mjs <<'EOF'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
for (const name of ["plain", "dictionary"]) {
	const file = await asyncBufferFromFile(name + ".parquet");
	const { min_value } = (await parquetMetadataAsync(file)).row_groups[0].columns[0].meta_data.statistics;
	const rows = await parquetReadObjects({ file, filter: { price: { $lt: 4 } } });
	console.log(name, "minimum", min_value, "rows below 4:", rows.length);
}
EOF
node run.mjs >seen
same <<'EOF'
plain minimum 1 rows below 4: 1
dictionary minimum 7 rows below 4: 0
EOF
