package unitcommitment

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Format is the format of an instance.
type Format int

const (
	FormatAuto             Format = iota // the one that the file shows, the default
	FormatPGLib                          // pglib-uc, JSON
	FormatEgret                          // Egret, JSON
	FormatUnitCommitmentJL               // UnitCommitment.jl 0.2 to 0.4, JSON
	FormatPyPSA                          // PyPSA, a folder of CSV files
	FormatMATPOWER                       // MATPOWER case, versions 1 and 2, text
)

// formats are the names of the formats in the order of the constants.
var formats = [...]string{"auto", "pglib-uc", "egret", "unitcommitment.jl", "pypsa", "matpower"}

// String returns the name of the format, such as "pglib-uc".
func (f Format) String() string { return formats[f] }

// ParseFormat returns the format with a name. Its error lists all names.
func ParseFormat(name string) (Format, error) {
	for i, x := range formats {
		if x == name {
			return Format(i), nil
		}
	}
	return FormatAuto, fmt.Errorf("unitcommitment: format %q is unknown, want one of %s", name, strings.Join(formats[:], ", "))
}

// ReadPath reads a system from a file or, in the format of PyPSA, from a
// folder.
//
//	system, err := unitcommitment.ReadPath("networks/two-bus", unitcommitment.Options{})
//	for _, note := range system.Notes {
//		fmt.Println(note)
//	}
func ReadPath(path string, options Options) (*System, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	named := func(s *System, err error) (*System, error) {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return s, nil
	}
	if info.IsDir() {
		if options.Format != FormatAuto && options.Format != FormatPyPSA {
			return named(nil, fmt.Errorf("unitcommitment: is a folder, want a file in the format %v", options.Format))
		}
		return named(ReadPyPSA(os.DirFS(path), options))
	}
	// Binary forms of the same data have no text to recognise. Their names
	// select the hint.
	switch strings.ToLower(filepath.Ext(path)) {
	case ".nc", ".h5":
		return named(nil, errors.New("unitcommitment: is no CSV folder; write one with n.export_to_csv_folder and give the folder"))
	case ".mat":
		return named(nil, errors.New("unitcommitment: is a binary case; write it as text with savecase and a name that ends in .m"))
	case ".csv":
		return named(nil, errors.New("unitcommitment: is one table; give the folder of a PyPSA network"))
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return named(Read(file, options))
}

// maxText is the upper limit of the size of a text, bytes. It protects against
// compressed files that would exhaust the memory.
const maxText = 1 << 30

// plain returns the text of a file, which may be compressed.
//
// The first two bytes decide on gzip, not the name: benchmark instances of
// UnitCommitment.jl are compressed.
func plain(r io.Reader) ([]byte, error) {
	in := bufio.NewReader(r)
	var text io.Reader = in
	if magic, _ := in.Peek(2); string(magic) == "\x1f\x8b" {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("unitcommitment: $: %w", err)
		}
		defer z.Close()
		text = z
	}
	out, err := io.ReadAll(io.LimitReader(text, maxText+1))
	if err != nil {
		return nil, fmt.Errorf("unitcommitment: $: %w", err)
	}
	if len(out) > maxText {
		return nil, fmt.Errorf("unitcommitment: $: is longer than %d bytes, want a smaller file", maxText)
	}
	return out, nil
}
