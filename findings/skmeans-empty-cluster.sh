#!/bin/sh
# Package: npm skmeans 0.11.3, ml-kmeans 7.0.1
# Guess: a cluster without members keeps its centroid or gets another day of the data; centroids lie
#   among the days
# Seen: skmeans puts its centroid at zero: of four days with prices from 50 to 95, two of them
#   equal, the centroids include a day of prices 0 and 0, and the array of starting centroids is
#   overwritten with them; two prices of -3 and -1 then join that zero; its own random and kmpp
#   starts do so as well; ml-kmeans returns three days with members
# Here: K-means of scenario leaves a group empty only if there are fewer distinct points than groups
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get skmeans@0.11.3 ml-kmeans@7.0.1
cat >run.cjs <<'EOF'
const skmeans = require("skmeans");
const text = (centroids) => JSON.stringify(centroids.map((c) => c.map((x) => +x.toFixed(2))));
import("ml-kmeans").then(({ kmeans }) => {
	const days = [[50, 60], [50, 60], [52, 61], [90, 95]];
	const start = () => [[50, 60], [50, 60], [90, 95]];
	const given = start();
	const found = skmeans(days, 3, given);
	console.log("skmeans", text(found.centroids), "days in", found.idxs.join(" "));
	console.log("its start afterwards", text(given));
	const negative = skmeans([...days, [-3, -1]], 3, start());
	console.log("with a fifth day", text(negative.centroids), "days in", negative.idxs.join(" "));
	for (const own of [undefined, "kmpp"]) {
		let zeros = 0;
		for (let i = 0; i < 400; i++) {
			if (skmeans(days, 3, own).centroids.some((c) => c[0] === 0)) zeros++;
		}
		console.log("own start", own ?? "random", "some at zero:", zeros > 0);
	}
	const other = kmeans(days, 3, { initialization: start() });
	console.log("ml-kmeans", text(other.centroids), "days in", other.clusters.join(" "));
});
EOF
node run.cjs >seen
same <<'EOF'
skmeans [[0,0],[50.67,60.33],[90,95]] days in 1 1 1 2
its start afterwards [[0,0],[50.67,60.33],[90,95]]
with a fifth day [[-3,-1],[50.67,60.33],[90,95]] days in 1 1 1 2 0
own start random some at zero: true
own start kmpp some at zero: true
ml-kmeans [[52,61],[50,60],[90,95]] days in 1 1 0 2
EOF
