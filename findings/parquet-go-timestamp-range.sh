#!/bin/sh
# Package: github.com/parquet-go/parquet-go v0.32.0, npm hyparquet 1.33.0
# Guess: a millisecond timestamp holds every year of a long climate series
# Seen: the file is right (hyparquet reads 1600 and 2400), but parquet-go reads its own file back
#   through 64-bit nanoseconds: 1600 becomes 2184, 2400 becomes 1815, Go's zero time 1754
# Here: the library reads and writes CSV and JSON, no Parquet; times are RFC 3339 text
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

go_get github.com/parquet-go/parquet-go@v0.32.0
npm_get hyparquet@1.33.0
{
	go_run <<'EOF'
package main

import (
	"fmt"
	"time"

	"github.com/parquet-go/parquet-go"
)

type row struct {
	At time.Time `parquet:"at,timestamp(millisecond)"`
}

func main() {
	year := func(y int) row { return row{time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)} }
	if err := parquet.WriteFile("../t.parquet", []row{year(2026), year(1600), year(2400), {}}); err != nil {
		panic(err)
	}
	rows, err := parquet.ReadFile[row]("../t.parquet")
	if err != nil {
		panic(err)
	}
	for _, r := range rows {
		fmt.Println("parquet-go", r.At.Year())
	}
}
EOF
	cat >run.mjs <<'EOF'
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
for (const { at } of await parquetReadObjects({ file: await asyncBufferFromFile("t.parquet") })) {
	console.log("hyparquet", at.getUTCFullYear());
}
EOF
	node run.mjs
} >seen
same <<'EOF'
parquet-go 2026
parquet-go 2184
parquet-go 1815
parquet-go 1754
hyparquet 2026
hyparquet 1600
hyparquet 2400
hyparquet 1
EOF
