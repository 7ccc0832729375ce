#!/bin/sh
# Vet and test pbft with its planted mistakes: each must be noticed by a test.
#
#   scripts/planted.sh
set -eu
cd "$(dirname "$0")/.."
go vet -tags planted ./...
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ go test -tags planted -v ./pbft/... && go test -tags planted -v ./ledger/relay -run Planted; } >"$log" 2>&1 || {
	grep -vE '^ *(=== |--- PASS)' "$log"
	exit 1
}
listed=$(sed -n 's/.* \([0-9]*\) planted mistakes are listed$/\1/p' "$log")
killed=$(grep -oE 'planted mistake [A-Za-z]+ killed' "$log" | sort -u | wc -l)
echo "planted: the tests notice $killed of $listed planted mistakes"
test "$killed" -eq "$listed"
