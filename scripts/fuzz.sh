#!/bin/sh
# Fuzz every fuzz target of the module for a while each.
#
#   scripts/fuzz.sh [duration]        default: 30s
set -eu
cd "$(dirname "$0")/.."
duration=${1:-30s}
grep -rl --include='*_test.go' '^func Fuzz' . | while read -r file; do
	package=$(dirname "$file")
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		echo "fuzz: $package $target for $duration"
		CGO_ENABLED=0 go test -run '^$' -fuzz "^$target\$" -fuzztime "$duration" -fuzzminimizetime 20x "$package"
	done
done
