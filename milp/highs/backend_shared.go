package highs

import "sync"

// shared keeps one value per key for the life of the process, made when it is first asked for. It
// holds the two things that a process cannot have twice for nothing: a loaded library, which cannot
// be unloaded safely, and a compiled WebAssembly build, which takes seconds to make. Both are
// read-only; solvers are plain values beside them.
type shared[T any] struct {
	byKey sync.Map // string → *once[T]
}

type once[T any] struct{ get func() (T, error) }

func (s *shared[T]) get(key string, make func() (T, error)) (T, error) {
	found, _ := s.byKey.LoadOrStore(key, &once[T]{sync.OnceValues(make)})
	return found.(*once[T]).get()
}

// forget drops a key, so that what failed is tried again.
func (s *shared[T]) forget(key string) { s.byKey.Delete(key) }
