#!/bin/sh
# Vet and test pbft and ledger with planted mistakes: each must be noticed by a test. Only they
# have files with the tag, and the tests named TestPlanted… and TestExploreFindsPlanted select a
# mistake; without one, the code with the tag is the code without it, which "make test" runs.
#
#   scripts/planted.sh
set -eu
cd "$(dirname "$0")/.."
go vet -tags planted ./internal/planted ./pbft/... ./ledger/...
log=$(mktemp)
trap 'rm -f "$log"' EXIT
go test -tags planted -vet=off -run 'Planted|Mistake' -v ./pbft/... ./ledger/relay >"$log" 2>&1 || {
	grep -vE '^ *(=== |--- PASS)' "$log"
	exit 1
}
listed=$(sed -n 's/.* \([0-9]*\) planted mistakes are listed$/\1/p' "$log")
killed=$(grep -oE 'planted mistake [A-Za-z]+ killed' "$log" | sort -u | wc -l)
echo "planted: the tests notice $killed of $listed planted mistakes"
test "$killed" -eq "$listed"
