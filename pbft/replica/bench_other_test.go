//go:build !unix

package replica_test

import "time"

func processTime() time.Duration { return 0 }
