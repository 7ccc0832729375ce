//go:build !unix

package pbft_test

import "time"

func processTime() time.Duration { return 0 }
