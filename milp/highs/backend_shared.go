package highs

import "sync"

// shared keeps one value per key for the life of the process, created at first
// use. It holds a loaded library, which cannot be unloaded safely, and a
// compiled WebAssembly build, which takes seconds to create. Both are
// read-only. Concurrent callers of get with the same key wait for one creation
// and share its result, including its error.
type shared[T any] struct {
	byKey sync.Map // string → *once[T]
}

// once is a value that is created at most once.
type once[T any] struct{ get func() (T, error) }

// get returns the value of a key and calls make at first use.
func (s *shared[T]) get(key string, create func() (T, error)) (T, error) {
	found, _ := s.byKey.LoadOrStore(key, &once[T]{sync.OnceValues(create)})
	return found.(*once[T]).get()
}

// forget drops a key, so that the next get tries again after a failure.
func (s *shared[T]) forget(key string) { s.byKey.Delete(key) }
