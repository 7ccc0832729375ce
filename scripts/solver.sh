#!/bin/sh
# Report which HiGHS a run uses, and install one if there is none. Fails if there is no way to one.
set -eu
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# The program is built first, because go run would add a line of its own after a failure.
go build -o "$folder/install" ./milp/highs/install
"$folder/install" "$@"
