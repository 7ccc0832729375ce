#!/bin/sh
# Fuzz every fuzz target of the module and of its nested modules for a number of inputs. Readers of
# published instances, which meet files of other tools, get twice as many.
#
#   scripts/fuzz.sh [inputs]        default: 40000
#
# The end is a number of inputs, not a time: with a time, Go's fuzz coordinator can report "context
# deadline exceeded" as a failure on a busy machine although no input failed.
#
# One test binary serves all targets of a package, and only packages of this project are instrumented.
# "go test -fuzz" links a binary for each target, and instruments the standard library and all
# dependencies, so that a cold cache compiles everything once more.
set -eu
cd "$(dirname "$0")/.."
export CGO_ENABLED=0
inputs=${1:-40000}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
instrument='-gcflags=github.com/trigrid/trigrid/...=-d=libfuzzer'
found=$(go env GOCACHE)/fuzz
grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u | while read -r package; do
	count=$inputs
	case $package in */unitcommitment) count=$((2 * inputs)) ;; esac
	(
		# Built in the folder, because a package of a nested module is not one of the root module.
		cd "$package"
		go test -vet=off -c -o "$folder/fuzz.test" "$instrument" .
		name=$(go list .)
		for target in $(cat ./*_test.go | sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p'); do
			echo "fuzz: $package $target, $count inputs"
			"$folder/fuzz.test" -test.run '^$' -test.fuzz "^$target\$" -test.fuzztime "${count}x" \
				-test.fuzzminimizetime 20x -test.fuzzcachedir "$found/$name"
		done
	)
done
