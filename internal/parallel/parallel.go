// Package parallel runs jobs on several goroutines.
package parallel

import "sync"

// Run runs all jobs on max(1, workers) goroutines, also after an error, and
// returns the first error in time. A job that must end early needs a context of
// its own.
func Run(workers int, jobs []func() error) error {
	var (
		group sync.WaitGroup
		once  sync.Once
		first error
		queue = make(chan func() error)
	)
	// For example, 10 jobs on 3 goroutines run 3 at a time.
	for range max(1, workers) {
		group.Go(func() {
			for job := range queue {
				if err := job(); err != nil {
					// Later errors are often consequences of the first one,
					// such as an ended context.
					once.Do(func() { first = err })
				}
			}
		})
	}
	// The queue has no buffer: a job is handed over when a goroutine is free,
	// so that jobs begin in their order.
	for _, job := range jobs {
		queue <- job
	}
	close(queue)
	group.Wait()
	return first
}
