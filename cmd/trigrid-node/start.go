//go:build !js

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/files"
	"github.com/trigrid/trigrid/ledger/node"
	"github.com/trigrid/trigrid/ledger/node/disk"
	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/replica"
)

// settings is the file node.json in the folder of a replica. Each key is
// optional.
//
//	{
//	  "listen": "0.0.0.0:7000",
//	  "http": "127.0.0.1:9100",
//	  "addresses": {"2": "10.1.0.3:7000"},
//	  "clients": ["5f…"],
//	  "log_format": "json",
//	  "log_level": "info"
//	}
type settings struct {
	Listen    string            `json:"listen"`     // default: the address of the genesis
	HTTP      string            `json:"http"`       // metrics and status; default: none
	Addresses map[uint32]string `json:"addresses"`  // of other replicas, instead of the genesis
	Clients   []node.Hex        `json:"clients"`    // further keys that may connect
	LogFormat string            `json:"log_format"` // text (default) or json
	LogLevel  slog.Level        `json:"log_level"`  // default info
}

// readSettings reads node.json, if it is there. The error lists all violations,
// and unknown keys are refused.
func readSettings(folder string) (settings, error) {
	s, err := files.Read(filepath.Join(folder, settingsFile), func(r io.Reader) (s settings, err error) {
		d := json.NewDecoder(r)
		d.DisallowUnknownFields()
		if err := d.Decode(&s); err != nil {
			return s, err
		}
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			return s, errors.New("text after the value; remove it") // its keys would have no effect
		}
		// An address without a port would fail only after the log was opened
		// and locked.
		bad := faults.List{}
		for key, address := range map[string]string{"listen": s.Listen, "http": s.HTTP} {
			if _, _, err := net.SplitHostPort(address); address != "" && err != nil {
				bad.Addf("%s is %q, want host and port, such as 127.0.0.1:9100", key, address)
			}
		}
		for i, k := range s.Clients {
			bad.Require(len(k) == 32, "clients[%d] has %d bytes, want 32", i, len(k))
		}
		bad.Require(slices.Contains([]string{"", "text", "json"}, s.LogFormat), "log_format is %q, want text or json", s.LogFormat)
		return s, bad.Err()
	})
	if errors.Is(err, fs.ErrNotExist) {
		return settings{}, nil
	}
	return s, err
}

// logger returns the logger of a node. Messages go to stderr, which a service
// manager collects.
func (s *settings) logger(w io.Writer) *slog.Logger {
	// Text suits a terminal, and collectors of logs parse JSON without rules of
	// their own.
	options := &slog.HandlerOptions{Level: s.LogLevel}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// launch has the flags of the commands that run a replica.
type launch struct {
	folder, genesis string
	fresh, lost     bool
}

// add defines the flags.
func (l *launch) add(flags *flag.FlagSet) {
	flags.StringVar(&l.folder, "folder", "", "`folder` of the replica, with replica.key")
	flags.StringVar(&l.genesis, "genesis", "genesis.json", "`file` of the genesis")
	flags.BoolVar(&l.fresh, "new", false, "first start: make the log and the store")
	flags.BoolVar(&l.lost, "lost-log", false, "the log is damaged, lost or an old copy: make a new one, and observe first")
}

// config parses the arguments and reads the files that they name. The key is
// that of the replica.
func (l *launch) config(flags *flag.FlagSet, args []string, stderr io.Writer) (node.Config, node.ReplicaKey, error) {
	fail := func(err error) (node.Config, node.ReplicaKey, error) { return node.Config{}, node.ReplicaKey{}, err }
	if _, err := parse(flags, args, stderr, 0, ""); err != nil {
		return fail(err)
	}
	if err := needed(flags, "folder"); err != nil {
		return fail(err)
	}
	// A first start has no votes to lose. A replica whose log is lost must not
	// vote until it has seen what it may have voted for, and therefore observes
	// first.
	if l.fresh && l.lost {
		return fail(command.Misused("trigrid-node %s: -new and -lost-log exclude each other", flags.Name()))
	}
	k, err := replicaOf(l.folder)
	if err != nil {
		return fail(err)
	}
	g, err := files.Read(l.genesis, node.ReadGenesis)
	if err != nil {
		return fail(err)
	}
	return node.Config{Genesis: g, Signer: k.Signer(), LostLog: l.lost}, k, nil
}

// start runs a replica until the end of ctx or an error of its disk.
func start(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("start", flag.ContinueOnError)
	var l launch
	l.add(flags)
	cfg, _, err := l.config(flags, args, stderr)
	if err != nil {
		return err
	}
	return serve(ctx, l.folder, cfg, l.fresh, stderr)
}

// serve opens the folder, runs the node with its page, and stops both. The
// order of the stops is the reverse: the page, the node, and then the log and
// the store that the node uses.
func serve(ctx context.Context, folder string, cfg node.Config, create bool, stderr io.Writer) (err error) {
	s, err := readSettings(folder)
	if err != nil {
		return err
	}
	cfg.Listen, cfg.Addresses, cfg.Logger = s.Listen, s.Addresses, s.logger(stderr)
	cfg.Clients = func(key pbft.PublicKey) bool {
		return slices.ContainsFunc(s.Clients, func(k node.Hex) bool { return string(k) == string(key[:]) })
	}
	// A missing log is an error without -new. A replica that silently began
	// anew could vote twice in one view, as a faulty one does.
	open := disk.OpenFolder
	switch {
	case create:
		open = disk.Create
	case cfg.LostLog:
		open = disk.Repair
	}
	data, err := open(folder)
	if errors.Is(err, replica.ErrNoLog) {
		return fmt.Errorf("%w; for the first start of the replica add -new", err)
	}
	if errors.Is(err, disk.ErrNew) {
		return fmt.Errorf("%w; -new is for the first start only, leave it out", err)
	}
	if err != nil {
		return err
	}
	// The error of Close counts: the last blocks may not have reached the disk.
	defer func() { err = errors.Join(err, data.Close()) }()
	cfg.Log, cfg.Store = data.Log, data.Store
	n, err := node.Start(cfg)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, n.Close())
		cfg.Logger.Info("replica has stopped", "height", n.Height())
	}()
	// The page comes last, so that it never shows a node that has not started.
	stop, err := page(n, s.HTTP, cfg.Logger)
	if err != nil {
		return err
	}
	defer stop()
	select {
	case <-ctx.Done(): // a stop that the operator wants is no error
		cfg.Logger.Info("replica stops", "reason", context.Cause(ctx))
	case <-n.Done():
	}
	return nil
}

// page serves metrics and status, and returns the function that ends it. It has
// no access control, so that it belongs on an address that only the operator
// reaches.
func page(n *node.Node, address string, log *slog.Logger) (stop func(), err error) {
	if address == "" {
		return func() {}, nil
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_ = n.WriteMetrics(w) // the reader has gone
	})
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = node.WriteJSON(w, n.Status())
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if s := n.Status(); !s.Healthy() {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintln(w, "the replica does not vote; /status has the reason")
			return
		}
		fmt.Fprintln(w, "ok")
	})
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("node.json: http: %w", err)
	}
	// Short limits, because collectors send small requests.
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
	go func() { _ = server.Serve(l) }() // ends with Shutdown
	log.Info("metrics and status", "address", "http://"+l.Addr().String())
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = server.Shutdown(ctx)
	}, nil
}
