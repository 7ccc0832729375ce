//go:build !unix

package main

import "time"

// processTime is 0 where the processor time of a process is not known.
func processTime() time.Duration { return 0 }
