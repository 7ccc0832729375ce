package highs

import (
	"bytes"
	"os"
	"runtime/metrics"
	"strconv"
)

// foreignMemory returns the resident memory of the process outside of Go's
// runtime in bytes, or 0 on systems other than Linux. It contains the memory of
// the native library, of its allocator's free lists and of the program's code.
// The memory of WebAssembly instances belongs to Go.
func foreignMemory() int64 {
	// statm has the number of resident pages in its second field.
	content, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(content)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	sample := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"}, // not resident
	}
	metrics.Read(sample)
	ours := int64(sample[0].Value.Uint64()) - int64(sample[1].Value.Uint64())
	return max(pages*int64(os.Getpagesize())-ours, 0)
}
