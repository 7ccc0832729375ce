// Package parallel runs jobs on several goroutines.
package parallel

import "sync"

// Run runs all jobs on max(1, workers) goroutines, also after an error, and returns the first
// error in time. A job that must end early needs a context of its own.
func Run(workers int, jobs []func() error) error {
	var (
		group sync.WaitGroup
		once  sync.Once
		first error
		queue = make(chan func() error)
	)
	for range max(1, workers) {
		group.Go(func() {
			for job := range queue {
				if err := job(); err != nil {
					once.Do(func() { first = err })
				}
			}
		})
	}
	for _, job := range jobs {
		queue <- job
	}
	close(queue)
	group.Wait()
	return first
}
