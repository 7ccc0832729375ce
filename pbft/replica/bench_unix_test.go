//go:build unix

package replica_test

import (
	"syscall"
	"time"
)

// processTime is the processor time the process has used so far. On a machine that is shared it says more than the
// clock on the wall: an idle machine with k cores commits at most k divided by the time per transaction.
func processTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
