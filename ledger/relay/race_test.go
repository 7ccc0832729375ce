//go:build race

package relay_test

// underRace tells that the race detector slows everything down about tenfold.
const underRace = true
