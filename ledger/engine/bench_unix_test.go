//go:build unix

package engine_test

import (
	"syscall"
	"time"
)

// processTime is the processor time of the process so far. On a shared machine
// it is a better measure than wall time: an idle machine with k cores commits
// at most k divided by the time per transaction.
func processTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
