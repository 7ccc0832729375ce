//go:build race

package ledger_test

// underRace tells that the race detector slows everything down about tenfold.
const underRace = true
