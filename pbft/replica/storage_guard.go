package replica

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/trigrid/trigrid/pbft/internal/wal"
)

// guard is a file outside the log's folder with the age of the log. A copy of
// the folder that is older than the guard was restored, and the votes since the
// copy are missing in it.
//
// The age changes with each start and each checkpoint. A copy of the current
// period between two checkpoints of the current start is not noticed, nor a
// guard that is restored with its log. Keep the guard on another disk, for
// example with the replica's key.
type guard struct {
	disk *osDisk
	name string
	age  wal.Age // in the file
}

// ErrOldLog means that the log is older than its guard: a copy was restored.
var ErrOldLog = errors.New("replica: write-ahead log is an old copy")

// Guard sets the file that notices old copies of the log, and makes it if there
// is none. It must be called before the first Append. The error wraps
// [ErrOldLog]; [RepairGuarded] then makes a log with which the replica rejoins.
func (s *FileStorage) Guard(path string) error {
	g := newGuard(path)
	if err := g.read(); err != nil {
		return err
	}
	if s.log.Age().Before(g.age) {
		return fmt.Errorf("%w: %s has start %d and checkpoint %d, but %s has %d and %d; use RepairGuarded",
			ErrOldLog, s.dir, s.log.Age().Generation, s.log.Age().Segment, path, g.age.Generation, g.age.Segment)
	}
	s.guard = g
	return s.mark()
}

// RepairGuarded is [RepairFileStorage] for a log with a guard, whose age the
// new log exceeds.
func RepairGuarded(dir, path string) (*FileStorage, error) {
	g := newGuard(path)
	if err := g.read(); err != nil {
		return nil, err
	}
	age := wal.HeadAge(&osDisk{dir: dir})
	age.Generation = max(age.Generation, g.age.Generation)
	s, err := repair(dir, age)
	if err != nil {
		return nil, err
	}
	s.guard = g
	return s, s.mark()
}

func newGuard(path string) *guard {
	return &guard{disk: &osDisk{dir: filepath.Dir(path)}, name: filepath.Base(path)}
}

// read reads the file. Without one the age is zero.
func (g *guard) read() error {
	b, err := os.ReadFile(g.disk.Path(g.name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		_, err = fmt.Sscanf(string(b), "start %d checkpoint %d\n", &g.age.Generation, &g.age.Segment)
	}
	if err != nil {
		return fmt.Errorf("replica: guard %s: %w; restore it, or remove it and repair the log", g.disk.Path(g.name), err)
	}
	return nil
}

// mark writes the age of the log to its guard if it has changed.
func (s *FileStorage) mark() error {
	g, age := s.guard, s.log.Age()
	if g == nil || g.age == age {
		return nil
	}
	text := fmt.Sprintf("start %d checkpoint %d\n", age.Generation, age.Segment)
	if err := g.disk.Replace(g.name, []byte(text)); err != nil {
		return fmt.Errorf("replica: guard: %w", err)
	}
	g.age = age
	return nil
}
