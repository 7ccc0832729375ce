#!/bin/sh
# Install glpsol and cbc, which check our programs from outside, where root and apt allow it. Tests that
# want them skip where they are absent.
set -eu
if command -v glpsol >/dev/null && command -v cbc >/dev/null; then
	echo "second solvers: glpsol and cbc are here"
elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	[ -n "$(ls /var/lib/apt/lists/*Packages* 2>/dev/null)" ] || apt-get update -qq >/dev/null 2>&1 || true
	echo "second solvers: installing glpk-utils and coinor-cbc with apt"
	apt-get install -y -qq glpk-utils coinor-cbc >/dev/null 2>&1 || echo "second solvers: could not be installed; their tests skip"
else
	echo "second solvers: glpsol and cbc are not here and cannot be installed without root; their tests skip"
fi
