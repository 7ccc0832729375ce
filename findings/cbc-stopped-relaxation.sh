#!/bin/sh
# Package: Debian coinor-cbc 2.10.8+ds1-1
# Guess: a search that stops without an integer solution writes none, or fails
# Seen: CBC writes the fractional relaxation in the same format, with exit status 0 and 0.5 for a
#   binary; only the words of the first line differ
# Here: tests accept a file of CBC only if its first line starts with "Optimal - objective"
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

deb_get coinor-cbc=2.10.8+ds1-1
cat >m.lp <<'EOF'
Maximize
 obj: 3 a + 3 b + 3 c + 3 d
Subject To
 c: 2 a + 2 b + 2 c + 2 d <= 5
 d: a + b = 1
Binary
 a b c d
End
EOF
status=0
cbc m.lp preprocess off heuristics off cuts off maxNodes 0 solve solution cbc.txt >log || status=$?
{
	echo "exit status $status"
	head -n 1 cbc.txt
	awk 'NR > 1 && $3 != int($3) { fractional++ } END { print fractional, "fractional binary" }' cbc.txt
} >seen
same <<'EOF'
exit status 0
Stopped on iterations (no integer solution - continuous used) - objective value 7.50000000
1 fractional binary
EOF
