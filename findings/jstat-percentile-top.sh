#!/bin/sh
# Package: npm jstat 1.9.6, simple-statistics 7.12.1
# Guess: jStat.percentile interpolates between order statistics over the whole range
# Seen: it does not between the two largest values: of 1 to 10 the 88 % percentile is 8.92, and from
#   89 % to 99.9 % it stays at 9, where simple-statistics and jStat's own quantiles with parameters
#   1 and 1 give 9.55 at 95 %; the 99.5 % value at risk of 100 scenarios is the second largest
# Here: quantiles are own code: the smallest value whose cumulative probability reaches p
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get jstat@1.9.6 simple-statistics@7.12.1
cat >run.mjs <<'EOF'
import jstat from "jstat";
import { quantile } from "simple-statistics";
const { percentile, quantiles } = jstat.jStat;
for (const [n, levels] of [[10, [0.5, 0.88, 0.89, 0.95, 0.999, 1]], [100, [0.98, 0.995]]]) {
	const x = Array.from({ length: n }, (_, i) => i + 1);
	for (const p of levels) {
		const seen = [percentile(x, p), quantiles(x, [p], 1, 1)[0], quantile(x, p)];
		console.log(n, "values,", p, ...seen.map((v) => v.toFixed(3)));
	}
}
EOF
node run.mjs >seen
same <<'EOF'
10 values, 0.5 5.500 5.500 5.500
10 values, 0.88 8.920 8.920 8.920
10 values, 0.89 9.000 9.010 9.010
10 values, 0.95 9.000 9.550 9.550
10 values, 0.999 9.000 9.991 9.991
10 values, 1 10.000 10.000 10.000
100 values, 0.98 98.020 98.020 98.020
100 values, 0.995 99.000 99.505 99.505
EOF
