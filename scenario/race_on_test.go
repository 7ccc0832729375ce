//go:build race

package scenario

// raceDetector reports whether the race detector is on. It makes calls
// allocate that otherwise do not.
const raceDetector = true
