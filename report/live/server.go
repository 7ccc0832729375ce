package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"
)

const (
	// recent is the time since the last request within which a browser still
	// shows the page.
	recent = 5 * time.Second
	// lastLook is the longest time that Close waits for such a browser to read
	// the result.
	lastLook = 3 * time.Second
	// drain is the time for the answers in work.
	drain = time.Second
)

// Server serves a page on the loopback interface.
//
//	server, err := live.Serve("127.0.0.1:0", page)
//	defer server.Close(ctx)
type Server struct {
	page     *Page
	listener net.Listener // bound before Serve returns, so that the address is known
	server   *http.Server
	failed   chan error // the error with which serving ended
}

// Serve serves a page at an address of the loopback interface, such as
// "127.0.0.1:8080", "localhost:0" or "[::1]:0"; port 0 is any free port. It
// returns the errors of [CheckAddress], and an error if the port is in use.
func Serve(address string, page *Page) (*Server, error) {
	if err := CheckAddress(address); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("live: cannot serve at %s: %w; port 0 is any free port", address, err)
	}
	// The name localhost can resolve to another interface, by a wrong hosts
	// file.
	if at, ok := listener.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		listener.Close()
		return nil, fmt.Errorf("live: %s is %s, not of the loopback interface; want 127.0.0.1:0", address, listener.Addr())
	}
	s := &Server{page: page, listener: listener, failed: make(chan error, 1), server: &http.Server{
		Handler: page, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 1 << 16,
		ErrorLog: log.New(io.Discard, "", 0), // bad requests are no matter of the run
	}}
	go func() { s.failed <- s.server.Serve(listener) }()
	return s, nil
}

// CheckAddress returns an error unless an address is a host of the loopback
// interface with a port.
//
// For example, "127.0.0.1:0" and "[::1]:8080" are right, ":8080" and
// "0.0.0.0:8080" are not: other machines could read them.
func CheckAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("live: the address %q is not host:port, such as 127.0.0.1:0", address)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("live: the port of %q is no number from 0 to 65535; 0 is any free port", address)
	}
	if !loopback(host) {
		return fmt.Errorf("live: the address %q is not of the loopback interface; "+
			"other machines could read the page; want 127.0.0.1, [::1] or localhost", address)
	}
	return nil
}

// URL returns the address of the page, such as "http://127.0.0.1:41233/".
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() + "/" }

// Close ends the server. If a browser showed the page during the run and
// [Page.End] was called, it first waits until the result is read, for some
// seconds or until ctx ends.
func (s *Server) Close(ctx context.Context) error {
	s.page.mu.Lock()
	shown, watched := s.page.shown, time.Since(s.page.read) < recent
	s.page.mu.Unlock()
	if shown != nil && watched {
		timer := time.NewTimer(lastLook)
		defer timer.Stop()
		select {
		case <-shown:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	// The answers in work end also if ctx has ended.
	limited, stop := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer stop()
	if s.server.Shutdown(limited) != nil {
		s.server.Close()
	}
	if err := <-s.failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("live: %w", err)
	}
	return nil
}

// local returns an error unless a request comes from this machine, to the
// loopback interface, and from no other page. A foreign page can have a name
// that resolves to 127.0.0.1; its requests have that name as Host.
//
// The checks, in this order: the sender, the host of the Host header, its port,
// the Origin headers. A browser sends an Origin for requests of scripts, and
// the page's own has its own address.
func local(r *http.Request) error {
	if at, err := netip.ParseAddrPort(r.RemoteAddr); err != nil || !at.Addr().Unmap().IsLoopback() {
		return errors.New("live: the page is for this machine only")
	}
	host, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		host, port = r.Host, "80" // browsers leave out the default port
		if len(host) > 1 && host[0] == '[' && host[len(host)-1] == ']' {
			host = host[1 : len(host)-1]
		}
	}
	if !loopback(host) {
		return errors.New("live: the Host header is not of the loopback interface; open the printed address")
	}
	// Handlers without a server, as in tests, have no address.
	if own, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		at, ok := own.(*net.TCPAddr)
		if !ok || !at.IP.IsLoopback() {
			return errors.New("live: the server is not on the loopback interface; serve at 127.0.0.1")
		}
		if port != strconv.Itoa(at.Port) {
			return errors.New("live: the Host header has another port; open the printed address")
		}
	}
	for _, origin := range r.Header.Values("Origin") {
		if origin != "http://"+r.Host {
			return errors.New("live: the page answers no other page")
		}
	}
	return nil
}

// loopback reports whether a host is the loopback interface: localhost, or such
// an address.
//
// All of 127.0.0.0/8 and ::1 are loopback addresses, also in the form
// ::ffff:127.0.0.1.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	at, err := netip.ParseAddr(host)
	return err == nil && at.Zone() == "" && at.Unmap().IsLoopback()
}
