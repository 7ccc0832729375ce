#!/bin/sh
# Runs the scripts named as arguments, or all of the folder above, and fails if one of them does.
set -u
cd "$(dirname "$0")/.."
test $# -gt 0 || set -- *.sh
run=0 failed=0
for f in "$@"; do
	f=${f%.sh}.sh
	run=$((run + 1))
	"./$f" || failed=$((failed + 1))
done
echo "findings: $((run - failed)) passed, $failed failed"
test "$failed" = 0
