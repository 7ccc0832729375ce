#!/bin/sh
# Install DuckDB for Node.js, which reads our tables from outside, with npm at a fixed version. Tests
# that want it skip where it is absent; TRIGRID_DUCKDB names another folder.
set -eu
version=1.5.6-r.1
folder=${TRIGRID_DUCKDB:-${XDG_CACHE_HOME:-$HOME/.cache}/trigrid/duckdb-$version}
if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
	echo "duckdb: npm is not here; its tests skip"
elif [ -d "$folder/node_modules/@duckdb/node-api" ]; then
	echo "duckdb: $version is in $folder"
else
	echo "duckdb: installing $version with npm"
	mkdir -p "$folder"
	npm install --silent --no-audit --no-fund --no-save --prefix "$folder" "@duckdb/node-api@$version" >/dev/null 2>&1 ||
		echo "duckdb: could not be installed; its tests skip"
fi
