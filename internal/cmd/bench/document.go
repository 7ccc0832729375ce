package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
)

// peersText returns the generated part of the document: conditions, then the
// table.
func peersText(all []comparison, rounds int, before, after string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Medians of %d rounds on %s; load %s before and %s after. %s, %s/%s.\n\n",
		rounds, count(runtime.NumCPU(), "core"), before, after, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	b.WriteString("| job | peer | ours, s | peer, s | peer / ours | CPU, peer / ours | value, ours | value, peer | memory, ours / peer, MB |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|\n")
	// A row with several peers states its title once.
	last := ""
	for _, c := range all {
		title := c.title
		if title == last {
			title = ""
		}
		last = c.title
		value := ""
		if c.value != "" {
			value = c.value + " " + number(medianOf(c.mine, func(s sample) float64 { return s.value }))
		}
		ours := seconds(medianOf(c.mine, func(s sample) float64 { return s.seconds }))
		mine := megabytes(peakOf(c.mine))
		// A peer without samples has its reason in the column of its time; the
		// time of this side stands all the same.
		if c.reason != "" {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | | | %s | | %s / |\n", title, c.peer, ours, c.reason, value, mine)
			continue
		}
		other := ""
		if c.value != "" {
			other = number(medianOf(c.other, func(s sample) float64 { return s.value }))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s / %s |\n",
			title, c.peer, ours, seconds(medianOf(c.other, func(s sample) float64 { return s.seconds })),
			ratio(c.ratios(func(s sample) float64 { return s.seconds })), ratio(c.ratios(func(s sample) float64 { return s.cpu })),
			value, other, mine, megabytes(peakOf(c.other)))
	}
	return b.String()
}

// ratios returns the quotients of the peer and this side, round by round. A
// round without one of the numbers has none.
//
// Quotients of a round are less noisy than a quotient of medians, because both
// sides of a round have the same load. For example, times of 1 and 3 s in one
// round and of 2 and 6 s under load have the ratio 3 in both.
func (c *comparison) ratios(of func(sample) float64) []float64 {
	var out []float64
	for i := range min(len(c.mine), len(c.other)) {
		if mine, other := of(c.mine[i]), of(c.other[i]); mine > 0 && other > 0 {
			out = append(out, other/mine)
		}
	}
	return out
}

// medianOf returns the median of one number of the samples.
func medianOf(samples []sample, of func(sample) float64) float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	return median(values)
}

// median returns the middle value, or the mean of the two in the middle; NaN of
// nothing.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	// The samples keep their order, which the ratios need.
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// peakOf returns the largest memory of the samples, or 0 if unknown.
func peakOf(samples []sample) float64 {
	peak := 0.0
	for _, s := range samples {
		peak = max(peak, s.memory)
	}
	return peak
}

// ratio formats the median of quotients and their range: "2.9 (2.7–3.1)".
func ratio(values []float64) string {
	if len(values) == 0 {
		return ""
	}
	return fmt.Sprintf("%s (%s–%s)", quotient(median(values)), quotient(slices.Min(values)), quotient(slices.Max(values)))
}

// quotient formats two digits of a small number, and a large one as a whole
// number.
//
// For example, 2.94 is "2.9" and 130.4 is "130". Times of a shared machine have
// no third digit to state.
func quotient(v float64) string {
	if v >= 10 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2g", v)
}

// seconds formats a time with three digits.
func seconds(s float64) string {
	if math.IsNaN(s) {
		return ""
	}
	return fmt.Sprintf("%.3g", s)
}

// number formats a value with seven digits, and the unknown number 0 as
// nothing.
//
// Seven digits show that two solvers have the same optimum within their gap,
// without a claim about the rest.
func number(v float64) string {
	switch {
	case v == 0 || math.IsNaN(v):
		return ""
	case math.Abs(v) >= 1e7:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.7g", v)
}

// megabytes formats a size, and the unknown size 0 as a question mark.
func megabytes(mb float64) string {
	if mb == 0 {
		return "?"
	}
	return fmt.Sprintf("%.0f", mb)
}

// count formats "1 core" and "2 cores".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// machineLoad returns the mean number of runnable threads over the last minute,
// where /proc has it.
func machineLoad() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	load, _, _ := strings.Cut(string(text), " ")
	return load
}
