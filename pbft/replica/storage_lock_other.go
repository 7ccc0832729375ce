//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly || windows)

package replica

import "os"

// lockFile opens a file without a lock, which this system does not have. The
// operator must not start a replica twice.
func lockFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
}
