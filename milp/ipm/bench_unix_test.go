//go:build unix

package ipm_test

import (
	"syscall"
	"time"
)

// processTime is the processor time of the process so far, with that of all
// threads. On a shared machine it is a better measure than wall time.
func processTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
