#!/bin/sh
# Fuzz every fuzz target of the module and of those nested in it for a while each; readers of published instances, which meet
# strangers' files, three times as long.
#
#   scripts/fuzz.sh [seconds]        default: 10
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-10}
grep -rl --include='*_test.go' '^func Fuzz' . | while read -r file; do
	package=$(dirname "$file")
	duration=${seconds}s
	case $package in */unitcommitment) duration=$((3 * seconds))s ;; esac
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		echo "fuzz: $package $target for $duration"
		# From within the folder, since a nested module's packages are not the root's.
		(cd "$package" && CGO_ENABLED=0 go test -run '^$' -fuzz "^$target\$" -fuzztime "$duration" -fuzzminimizetime 20x .)
	done
done
