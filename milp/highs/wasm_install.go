package highs

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// Install downloads the WebAssembly build of HiGHS and returns the folder that
// contains it, from which solvers load it. It runs "npm pack" in a temporary
// folder, so that npm's settings determine the registry. It verifies the
// package against a fixed checksum and unpacks two files into the user's cache
// folder. If valid files are already there, Install returns at once. If
// HIGHS_WASM is set, solvers use that folder instead.
func Install(ctx context.Context) (folder string, err error) {
	if folder, err = cacheFolder(); err != nil {
		return "", err
	}
	if _, err := readBuild(folder); err == nil {
		return folder, nil
	}
	temporary, err := os.MkdirTemp("", "trigrid-highs-")
	if err != nil {
		return "", fmt.Errorf("highs: %w", err)
	}
	defer os.RemoveAll(temporary)

	npm := exec.CommandContext(ctx, "npm", "pack", "highs@"+npmVersion)
	npm.Dir = temporary
	if out, err := npm.CombinedOutput(); err != nil {
		return "", fmt.Errorf("highs: npm pack highs@%s: %w\n%s", npmVersion, err, out)
	}
	tarball, err := os.Open(filepath.Join(temporary, "highs-"+npmVersion+".tgz"))
	if err != nil {
		return "", fmt.Errorf("highs: npm pack created no tarball: %w", err)
	}
	defer tarball.Close()
	if err := unpack(tarball, folder); err != nil {
		return "", err
	}
	return folder, nil
}

// unpack verifies the npm package and writes the two files of the build into
// the folder.
func unpack(tarball io.ReadSeeker, folder string) error {
	sum := sha256.New()
	if _, err := io.Copy(sum, tarball); err != nil {
		return fmt.Errorf("highs: %w", err)
	}
	// The checksum of the package is verified before anything of it is
	// unpacked.
	if got := hex.EncodeToString(sum.Sum(nil)); got != tarballSHA256 {
		return fmt.Errorf("highs: npm package highs %s has sha256 %s, want %s",
			npmVersion, got, tarballSHA256)
	}
	if _, err := tarball.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("highs: %w", err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("highs: %w", err)
	}
	unzipped, err := gzip.NewReader(tarball)
	if err != nil {
		return fmt.Errorf("highs: %w", err)
	}
	for files := tar.NewReader(unzipped); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("highs: %w", err)
		}
		// Other files of the package, such as its documentation, are skipped.
		switch header.Name {
		case "package/build/" + highsWasm, "package/build/" + highsJS:
			if err := replace(filepath.Join(folder, filepath.Base(header.Name)), files); err != nil {
				return fmt.Errorf("highs: %w", err)
			}
		}
	}
	if _, err := readBuild(folder); err != nil {
		return fmt.Errorf("highs: unpacked, but %w", err)
	}
	return nil
}

// replace writes a temporary file and renames it, so that concurrent installers
// and readers never see a partial file.
func replace(path string, content io.Reader) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	// CreateTemp creates files that only their owner can read.
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
