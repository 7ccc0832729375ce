//go:build !unix

package main

import "time"

// processTime returns 0: the standard library does not measure the processor
// time of this system.
func processTime() time.Duration { return 0 }
