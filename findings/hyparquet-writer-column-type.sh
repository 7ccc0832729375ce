#!/bin/sh
# Package: npm hyparquet-writer 0.17.0, hyparquet 1.33.0
# Guess: a column of JavaScript numbers has one type in each file
# Seen: the type follows the values: prices 50, 60 become INT32, 50.5, 60 DOUBLE, so files of two
#   days differ in schema; whole numbers of 2^31 and more, such as epoch milliseconds, are
#   refused with "expected int32 value" unless a type is stated
# Here: the library reads and writes CSV and JSON, no Parquet
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get hyparquet-writer@0.17.0 hyparquet@1.33.0
cat >run.mjs <<'EOF'
import { parquetMetadata } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
for (const data of [[50, 60], [50.5, 60], [1761442200000, 1761445800000]]) {
	try {
		const file = parquetWriteBuffer({ columnData: [{ name: "x", data }] });
		console.log(data.join(" "), parquetMetadata(file).schema[1].type);
	} catch (e) {
		console.log(data.join(" "), e.message);
	}
}
EOF
node run.mjs >seen
same <<'EOF'
50 60 INT32
50.5 60 DOUBLE
1761442200000 1761445800000 parquet expected int32 value, got 1761442200000
EOF
