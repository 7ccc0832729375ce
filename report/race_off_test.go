//go:build !race

package report_test

// raceDetector reports whether the race detector is on, which slows drawing
// tenfold.
const raceDetector = false
