package farm

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
)

// Log keeps records in a folder of append-only files. Records of one kind and
// key are equal, so that the first one counts. A log is safe for concurrent
// use; any number of logs of any number of processes can use a folder at the
// same time, because each writes its own file:
//
//	answers/3f9a41….journal
//
// Each line is one record, with the first 16 hexadecimal digits of the SHA-256
// of the rest:
//
//	9c1185a5c5e9fc54 {"kind":"answer","key":"5d41…","data":{…}}
//
// A process that is killed leaves at most one line without its end, which later
// readers leave out. Therefore it loses at most the program that it was
// solving. Other damaged lines are left out, too, and counted. Folders are
// merged by copying the files of one into the other. Lines are not flushed to
// the disk one by one: a loss of power can cost the last ones.
type Log struct {
	folder string
	create func(name string) (io.WriteCloser, error) // of a file of the folder

	mu      sync.Mutex
	places  map[Digest]place // by kind and key
	read    map[string]int64 // bytes read of each file
	out     io.WriteCloser   // nil before the first record
	name    string           // of out
	end     int64            // of out
	torn    bool             // the last line of out may lack its end
	failed  error            // the first failure to write
	damaged int
}

// place is the place of the data of a record.
type place struct {
	file       string
	from, size int64
}

// record is one line.
type record struct {
	Kind string          `json:"kind"`
	Key  string          `json:"key"`
	Data json.RawMessage `json:"data"`
}

// extension is that of the files of a log.
const extension = ".journal"

// OpenLog returns the log of a folder, which it creates if necessary, and reads
// its records. It returns an error if the folder cannot be read or created. A
// folder that can only be read is no error before a record is written.
func OpenLog(folder string) (*Log, error) {
	return openLog(folder, func(name string) (io.WriteCloser, error) {
		return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o644)
	})
}

// OpenLogWith is [OpenLog] with a function that creates files, such as for a
// test of a full disk.
func OpenLogWith(folder string, create func(name string) (io.WriteCloser, error)) (*Log, error) {
	return openLog(folder, create)
}

func openLog(folder string, create func(name string) (io.WriteCloser, error)) (*Log, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("farm: the journal %s cannot be created: %w; name another folder", folder, err)
	}
	l := &Log{folder: folder, create: create, places: map[Digest]place{}, read: map[string]int64{}}
	return l, l.Refresh()
}

// Refresh reads the records that other processes have written since the last
// call.
func (l *Log) Refresh() error {
	names, err := filepath.Glob(filepath.Join(l.folder, "*"+extension))
	if err != nil {
		return fmt.Errorf("farm: %w", err)
	}
	slices.Sort(names)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range names {
		if name == l.name {
			continue // its records are known
		}
		if err := l.scan(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("farm: the journal %s cannot be read: %w", name, err)
		}
	}
	return nil
}

// scan reads the new lines of a file.
func (l *Log) scan(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	// A file only grows, so that the bytes of an earlier call are not read
	// again.
	at := l.read[name]
	if _, err := file.Seek(at, io.SeekStart); err != nil {
		return err
	}
	for lines := bufio.NewReaderSize(file, 1<<16); ; {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil // a line without its end is one that is being written, or the last of a killed process
		}
		if err != nil {
			return err
		}
		if r, from, ok := parse(line); ok {
			l.add(r, place{name, at + int64(from), int64(len(r.Data))})
		} else if len(bytes.TrimSpace(line)) > 0 {
			l.damaged++
		}
		at += int64(len(line))
		l.read[name] = at
	}
}

// parse returns the record of a line and the place of its data in it, and false
// for a damaged line.
func parse(line []byte) (r record, from int, ok bool) {
	sum, rest, found := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
	if !found || string(sum) != checksum(rest) || json.Unmarshal(rest, &r) != nil {
		return r, 0, false
	}
	// Data is the last field, so that it ends before the brace.
	return r, len(line) - 1 - 1 - len(r.Data), true
}

// checksum returns the first digits of the SHA-256 of a line.
func checksum(rest []byte) string {
	sum := sha256.Sum256(rest)
	return hex.EncodeToString(sum[:8])
}

// add adds the place of a record; the first one of equal keys stays.
func (l *Log) add(r record, at place) {
	id := idOf(r.Kind, r.Key)
	if _, ok := l.places[id]; !ok {
		l.places[id] = at
	}
}

func idOf(kind, key string) Digest { return sha256.Sum256([]byte(kind + "\x00" + key)) }

// Get decodes the data of a record and reports whether there is one.
func (l *Log) Get(kind, key string, data any) bool {
	l.mu.Lock()
	at, ok := l.places[idOf(kind, key)]
	l.mu.Unlock()
	if !ok {
		return false
	}
	file, err := os.Open(at.file)
	if err != nil {
		return false
	}
	defer file.Close()
	text := make([]byte, at.size)
	if _, err := file.ReadAt(text, at.from); err != nil {
		return false
	}
	return json.Unmarshal(text, data) == nil
}

// Put appends a record. A record that is known is not written again. After an
// error the record may be absent, [Log.Err] returns the first one, and the next
// call tries again.
func (l *Log) Put(kind, key string, data any) error {
	line, size, err := encode(kind, key, data)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		return l.fail(fmt.Errorf("farm: the journal cannot hold the %s of %.8s: %w", kind, key, err))
	}
	// Two goroutines can compute one answer; the second line would only take
	// space.
	if _, ok := l.places[idOf(kind, key)]; ok {
		return nil
	}
	if err := l.write(line); err != nil {
		return l.fail(fmt.Errorf("farm: the journal %s cannot be written: %w", l.folder, err))
	}
	// Two bytes follow the data: the brace of the record and the end of the
	// line.
	l.add(record{Kind: kind, Key: key}, place{l.name, l.end - 2 - size, size})
	return nil
}

// encode returns the line of a record and the size of its data.
func encode(kind, key string, data any) (line []byte, size int64, err error) {
	// The data are encoded first: their size gives their place in the line.
	encoded, err := json.Marshal(data)
	if err != nil {
		return nil, 0, err
	}
	rest, err := json.Marshal(record{kind, key, encoded})
	return append([]byte(checksum(rest)+" "), append(rest, '\n')...), int64(len(encoded)), err
}

// fail keeps the first failure and returns err. The caller holds mu.
func (l *Log) fail(err error) error {
	if l.failed == nil {
		l.failed = err
	}
	return err
}

// write appends a line to the own file, and creates it for the first one.
func (l *Log) write(line []byte) error {
	if l.out == nil {
		// 96 random bits make a name that no other process has, also on a
		// shared file system on which locks do not work.
		id := make([]byte, 12)
		if _, err := rand.Read(id); err != nil {
			return err
		}
		name := filepath.Join(l.folder, hex.EncodeToString(id)+extension)
		out, err := l.create(name)
		if err != nil {
			return err
		}
		l.out, l.name = out, name
	}
	if l.torn {
		// The end of the broken line keeps the next one whole.
		n, err := l.out.Write([]byte("\n"))
		if l.end += int64(n); err != nil {
			return err
		}
		l.torn = false
	}
	n, err := l.out.Write(line)
	l.end += int64(n)
	if err == nil && n < len(line) {
		err = io.ErrShortWrite
	}
	l.torn = err != nil && n > 0
	return err
}

// Len returns the number of records.
func (l *Log) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.places)
}

// Damaged returns the number of lines that were left out.
func (l *Log) Damaged() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.damaged
}

// Err returns the first failure to keep a record, such as a full disk, or nil.
func (l *Log) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

// Close closes the file of the log.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.out == nil {
		return nil
	}
	out := l.out
	l.out, l.name = nil, ""
	return out.Close()
}

// Journal is a farm that keeps the answers of another one in a log. A
// repeatable answer that the log has is not computed again.
type Journal struct {
	Log  *Log // required; [OpenLog] returns one
	Farm Farm // default nil: [Goroutines]

	counts journalCounts
}

type journalCounts struct{ read, computed atomic.Int64 }

// Read returns the number of answers that were read from the log.
func (x *Journal) Read() int { return int(x.counts.read.Load()) }

// Computed returns the number of answers that the other farm gave.
func (x *Journal) Computed() int { return int(x.counts.computed.Load()) }

// Open implements [Farm]. It returns an error without a log.
func (x *Journal) Open(ctx context.Context, s Study) (Session, error) {
	if x.Log == nil {
		return nil, errors.New("farm: the journal has no log; set Log to that of OpenLog")
	}
	inner := x.Farm
	if inner == nil {
		inner = Goroutines{}
	}
	session, err := inner.Open(ctx, s)
	if err != nil {
		return nil, err
	}
	return &journalSession{session, x}, nil
}

// journalSession is a session of a [Journal].
type journalSession struct {
	Session
	journal *Journal
}

// answerKind is the kind of the records of answers.
const answerKind = "answer"

// Evaluate implements [Session]. A failure to write does not end the run:
// [Log.Err] has it.
func (s *journalSession) Evaluate(ctx context.Context, j Job) (*Answer, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	key := j.Key().String()
	known := new(Answer)
	if s.journal.Log.Get(answerKind, key, known) && known.Validate(j) == nil {
		s.journal.counts.read.Add(1)
		return known, nil
	}
	a, err := s.Session.Evaluate(ctx, j)
	if err != nil {
		return nil, err
	}
	// A wrong answer is passed on, because the run reports it; a journal with
	// it would repeat it.
	if s.journal.counts.computed.Add(1); a.Validate(j) == nil && a.Repeatable {
		_ = s.journal.Log.Put(answerKind, key, a)
	}
	return a, nil
}
