#!/bin/sh
# Package: npm apache-arrow 21.2.0, parquet-wasm 0.8.0, hyparquet-writer 0.17.0
# Guess: a decimal column of prices shows 12.34 in Arrow's JavaScript library
# Seen: the value is the unscaled integer: its text is 1234, a hundred times the price, and the
#   scale has to be taken from the type by the caller; hyparquet returns 12.34
# Here: the library exports no decimals; money of the ledger is an integer with its unit stated
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get apache-arrow@21.2.0 parquet-wasm@0.8.0 hyparquet-writer@0.17.0 hyparquet@1.33.0
cat >run.mjs <<'EOF'
import { createRequire } from "module";
import { tableFromIPC } from "apache-arrow";
import { parquetReadObjects } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
const wasm = createRequire(import.meta.url)("parquet-wasm");
const file = parquetWriteBuffer({
	columnData: [{ name: "price", data: [12.34] }],
	schema: [
		{ name: "root", num_children: 1 },
		{ name: "price", type: "INT64", converted_type: "DECIMAL", precision: 18, scale: 2, repetition_type: "REQUIRED" },
	],
});
console.log("hyparquet", (await parquetReadObjects({ file }))[0].price);
const table = tableFromIPC(wasm.readParquet(new Uint8Array(file)).intoIPCStream());
const price = table.getChild("price");
console.log("apache-arrow", String(price.get(0)), "of scale", price.type.scale);
EOF
node run.mjs >seen
same <<'EOF'
hyparquet 12.34
apache-arrow 1234 of scale 2
EOF
