//go:build !js

package node_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each line of the metrics is one of the three forms of the text format, each
// sample follows the type of its metric, and heights are those of the chain.
func TestMetricsHaveTheTextFormat(t *testing.T) {
	c := found(t, 1, [2]string{"grid", "grid"})
	n := start(t, c.config(0))
	r := beat(t, c.client(t, c.dial(t, "grid"), "grid"), 3)
	even(t, r.Height, n)
	var b bytes.Buffer
	require.NoError(t, n.WriteMetrics(&b))
	text := b.String()
	help := regexp.MustCompile(`^# HELP (trigrid_node_[a-z_]+) \S.*\.$`)
	kind := regexp.MustCompile(`^# TYPE (trigrid_node_[a-z_]+) (gauge|counter)$`)
	sample := regexp.MustCompile(`^(trigrid_node_[a-z_]+)(\{reason="(?:[^"\\\n]|\\.)*"\})? [0-9.e+]+$`)
	last, samples := "", map[string]int{}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case help.MatchString(line):
			last = help.FindStringSubmatch(line)[1]
			require.NotContains(t, samples, last, "a metric is written twice")
			samples[last] = 0
		case kind.MatchString(line):
			m := kind.FindStringSubmatch(line)
			require.Equal(t, last, m[1])
			require.Equal(t, strings.HasSuffix(m[1], "_total"), m[2] == "counter", line)
		default:
			require.Regexp(t, sample, line)
			require.Equal(t, last, sample.FindStringSubmatch(line)[1])
			samples[last]++
		}
	}
	require.Greater(t, len(samples), 15)
	for _, line := range []string{"trigrid_node_height 3\n", "trigrid_node_healthy 1\n", "trigrid_node_transactions_total 3\n"} {
		require.Contains(t, text, line)
	}
}
