#!/bin/sh
# Fuzz every fuzz target of the module and of its nested modules for a number of inputs. Readers of
# published instances, which meet files of other tools, get twice as many.
#
#   scripts/fuzz.sh [inputs]        default: 40000
#
# The end is a number of inputs, not a time: with a time, Go's fuzz coordinator can report "context
# deadline exceeded" as a failure on a busy machine although no input failed.
set -eu
cd "$(dirname "$0")/.."
inputs=${1:-40000}
grep -rl --include='*_test.go' '^func Fuzz' . | sort | while read -r file; do
	package=$(dirname "$file")
	count=$inputs
	case $package in */unitcommitment) count=$((2 * inputs)) ;; esac
	for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		echo "fuzz: $package $target, $count inputs"
		# Run in the folder, because a package of a nested module is not a package of the root module.
		(cd "$package" && CGO_ENABLED=0 go test -run '^$' -fuzz "^$target\$" -fuzztime "${count}x" -fuzzminimizetime 20x .)
	done
done
