#!/bin/sh
# Package: npm @dsnp/parquetjs 1.8.8, github.com/parquet-go/parquet-go v0.32.0
# Guess: a maintained reader reads a file that a maintained writer wrote with its defaults
# Seen: parquet-go stores strings as DELTA_LENGTH_BYTE_ARRAY, which parquetjs refuses; a uint32 of
#   2^31 is read as -2147483648, and a nanosecond timestamp as a plain integer
# Here: the library reads and writes CSV and JSON, no Parquet
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

go_get github.com/parquet-go/parquet-go@v0.32.0
npm_get @dsnp/parquetjs@1.8.8
go_run <<'EOF'
package main

import (
	"time"

	"github.com/parquet-go/parquet-go"
)

type text struct {
	Zone string `parquet:"zone"`
}

type numbers struct {
	Counter uint32    `parquet:"counter"`
	At      time.Time `parquet:"at"`
}

func write[T any](file string, rows ...T) {
	if err := parquet.WriteFile(file, rows); err != nil {
		panic(err)
	}
}

func main() {
	write("../text.parquet", text{"DE-LU"})
	write("../numbers.parquet", numbers{1 << 31, time.Unix(1e9, 0)})
}
EOF
cat >run.cjs <<'EOF'
const { ParquetReader } = require("@dsnp/parquetjs");
(async () => {
	for (const name of ["text", "numbers"]) {
		try {
			const cursor = (await ParquetReader.openFile(name + ".parquet")).getCursor();
			const row = await cursor.next();
			console.log(name, Object.entries(row).map(([k, v]) => `${k} ${typeof v} ${v}`).join(", "));
		} catch (e) {
			console.log(name, e.message);
		}
	}
})();
EOF
node run.cjs >seen
same <<'EOF'
text invalid encoding: DELTA_LENGTH_BYTE_ARRAY
numbers counter number -2147483648, at bigint 1000000000000000000
EOF
