package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/trigrid/trigrid/internal/command"
)

// A driver is a process that repeats one job. It reads its input files first
// and writes one line,
//
//	{"version": "scikit-learn 1.2.1"}
//
// Then it reads a number n per line, does the job n times and answers with the
// wall time of all n and the value of the last one, such as the inertia:
//
//	{"seconds": 0.61, "value": 2116.57}
//
// It ends with its input. Drivers of peers are the scripts of the folder peers;
// drivers of the library are this program itself. A process of its own per side
// keeps memory and caches apart, and start-up and imports do not count.
type driver struct {
	command *exec.Cmd
	input   io.WriteCloser
	output  *bufio.Reader
	errors  *strings.Builder
	version string
	repeat  int // jobs per run
}

// greeting and answer are the lines of a driver.
type greeting struct {
	Version string `json:"version"`
}

type answer struct {
	Seconds float64 `json:"seconds"` // of all jobs together
	Value   float64 `json:"value"`
	Error   string  `json:"error,omitempty"`
}

// sample is the measurement of one job: the mean over the jobs of one run.
type sample struct {
	seconds float64 // wall time
	cpu     float64 // user and system time of all threads, seconds; 0 if unknown
	value   float64
	memory  float64 // largest resident memory of the process so far, MB; 0 if unknown
}

// shortest is the least duration of a run. Shorter jobs are repeated within a
// run, because the clocks of processes advance in steps of 10 ms.
const shortest = 400 * time.Millisecond

// startDriver starts a driver and does one job that does not count, which also
// decides how many jobs a run has. The process ends with ctx.
func startDriver(ctx context.Context, limit time.Duration, name string, args ...string) (*driver, error) {
	d := &driver{command: exec.CommandContext(ctx, name, args...), errors: &strings.Builder{}, repeat: 1}
	d.command.Stderr = d.errors
	// A child that keeps the pipes open, such as a worker of a peer, must not
	// keep this program waiting.
	d.command.WaitDelay = time.Second
	input, err := d.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := d.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	d.input, d.output = input, bufio.NewReader(output)
	if err := d.command.Start(); err != nil {
		return nil, err
	}
	var hello greeting
	// The first line arrives after imports and inputs, however long they take.
	err = d.receive(&hello)
	d.version = hello.Version
	if err == nil {
		var first sample
		if first, err = d.run(ctx, limit); err == nil {
			// For example, a job of 0.1 s runs five times, and one of 3 s once.
			d.repeat = 1 + int(shortest.Seconds()/max(first.seconds, 1e-6))
		}
	}
	if err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// run does the jobs of one run. A run that exceeds the limit ends the process.
func (d *driver) run(ctx context.Context, limit time.Duration) (sample, error) {
	before := processSeconds(d.command.Process.Pid)
	// A driver cannot be interrupted within a job, so that the limit ends the
	// process. The read below then fails.
	timer := time.AfterFunc(limit, func() { d.command.Process.Kill() })
	_, err := fmt.Fprintln(d.input, d.repeat)
	var got answer
	if err == nil {
		err = d.receive(&got)
	}
	// If the timer has fired, the limit is the reason and not the broken pipe.
	inTime := timer.Stop()
	switch {
	case ctx.Err() != nil:
		return sample{}, ctx.Err()
	case err != nil && !inTime:
		return sample{}, overLimit{limit}
	case err != nil:
		return sample{}, err
	case got.Error != "":
		return sample{}, errors.New(got.Error)
	}
	n := float64(d.repeat)
	return sample{
		seconds: got.Seconds / n, value: got.Value, memory: peakMemory(d.command.Process.Pid),
		cpu: (processSeconds(d.command.Process.Pid) - before) / n,
	}, nil
}

// receive reads one line. A process that ends early is an error with the last
// line of its messages.
func (d *driver) receive(v any) error {
	line, err := d.output.ReadBytes('\n')
	if err == nil {
		return json.Unmarshal(line, v)
	}
	d.command.Wait()
	// The process has ended, and its messages are complete.
	// Python ends with its error. Node ends with its version and has the error
	// above a stack.
	for line := range strings.Lines(d.errors.String()) {
		if strings.HasPrefix(line, "Error") {
			return errors.New(strings.TrimSpace(line))
		}
	}
	if text := lastLine(d.errors.String()); text != "" {
		return errors.New(text)
	}
	return fmt.Errorf("the process ended: %w", err)
}

// name returns the version.
func (d *driver) name() string { return d.version }

// close ends the process and waits for it.
func (d *driver) close() {
	d.input.Close()
	d.command.Process.Kill()
	d.command.Wait()
}

// overLimit is the error of a job that took too long.
type overLimit struct{ limit time.Duration }

func (e overLimit) Error() string { return fmt.Sprintf("over %v", e.limit) }

// lastLine returns the last line of a text that is not blank.
func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// processSeconds returns the processor time of a process so far, or 0 where
// /proc does not have it. It is in the fields 14 and 15 of /proc/PID/stat, in
// ticks of 10 ms; the name in field 2 can have blanks.
func processSeconds(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// Field 3 is the first one after the name, so that the times are the
	// entries 11 and 12 here.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100
}

// peakMemory returns the largest resident memory of a process so far, MB, or 0
// where /proc does not have it.
func peakMemory(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	fields := strings.Fields(after)
	if len(fields) == 0 {
		return 0
	}
	kib, _ := strconv.ParseFloat(fields[0], 64)
	return kib * 1024 / 1e6
}

// drive is the driver of a job of the library, with its name and the folder of
// its inputs as arguments.
func drive(ctx context.Context, args []string, stdout, _ io.Writer) error {
	if len(args) != 2 || jobs[args[0]] == nil {
		return command.Misused("drive: want the name of a job and a folder")
	}
	version, do, err := jobs[args[0]](ctx, args[1])
	if err != nil {
		return err
	}
	return serve(os.Stdin, stdout, version, do)
}

// serve speaks the protocol of a driver for a job.
func serve(in io.Reader, out io.Writer, version string, do func() (float64, error)) error {
	lines := json.NewEncoder(out)
	if err := lines.Encode(greeting{version}); err != nil {
		return err
	}
	for input := bufio.NewScanner(in); input.Scan(); {
		n, err := strconv.Atoi(input.Text())
		if err != nil {
			return fmt.Errorf("drive: %q is not a number of jobs", input.Text())
		}
		var got answer
		begin := time.Now()
		for range n {
			if got.Value, err = do(); err != nil {
				got.Error = err.Error()
				break
			}
		}
		got.Seconds = time.Since(begin).Seconds()
		if err := lines.Encode(got); err != nil {
			return err
		}
	}
	return nil
}
