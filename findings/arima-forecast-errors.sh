#!/bin/sh
# Package: npm arima 0.2.8
# Guess: predict returns forecasts and their standard errors, also for a model that the package
#   chose itself: about 10 for noise with a standard deviation of 10
# Seen: a stated model returns variances (98); with auto: true the errors are other numbers of its
#   memory, none of them near 10 or 98, and so is the sixth forecast (114 for a series around 50),
#   without an error
# Here: scenario learns errors from measured forecasts and actual values, not from a model's own
#   statement
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get arima@0.2.8
cat >run.cjs <<'EOF'
const ARIMA = require("arima");
let state = 12345;
const uniform = () => ((state = (state * 1103515245 + 12345) % 2147483648) + 0.5) / 2147483648;
const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
const series = Array.from({ length: 500 }, () => 50 + 10 * normal());
const mean = series.reduce((a, b) => a + b) / series.length;
const variance = series.reduce((a, b) => a + (b - mean) ** 2, 0) / series.length;
for (const [name, options] of [["stated", { p: 1, d: 0, q: 0 }], ["auto", { auto: true }]]) {
	const [forecasts, errors] = new ARIMA({ ...options, verbose: false }).train(series).predict(6);
	const near = (values, x) => values.filter((v) => Math.abs(v - x) < x / 10).length;
	console.log(name, "forecasts near the mean:", near(forecasts, mean),
		"errors near the standard deviation:", near(errors, Math.sqrt(variance)),
		"near the variance:", near(errors, variance));
}
EOF
node run.cjs >seen
same <<'EOF'
stated forecasts near the mean: 6 errors near the standard deviation: 0 near the variance: 6
auto forecasts near the mean: 5 errors near the standard deviation: 0 near the variance: 0
EOF
