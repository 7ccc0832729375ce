// Package connection has the flags of a connection to NATS.
package connection

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"os"
)

// Flags are the flags of a connection.
type Flags struct {
	// URL and Credentials are for a server that exists, User and Password for
	// one that a coordinator embeds, and the others are names of PEM files for
	// TLS.
	URL, Credentials, User, Password, CA, Cert, Key string
}

// Add adds the flags to a set.
func (f *Flags) Add(flags *flag.FlagSet) {
	flags.StringVar(&f.URL, "nats", "", "`URL` of a server with JetStream, such as nats://10.0.0.1:4222")
	flags.StringVar(&f.Credentials, "creds", "", "`file` with the credentials of the connection")
	flags.StringVar(&f.User, "user", "", "`name` that an embedded server asks for")
	flags.StringVar(&f.Password, "password", "", "`word` that an embedded server asks for")
	flags.StringVar(&f.CA, "ca", "", "`file` with the certificate authority of the other side, PEM")
	flags.StringVar(&f.Cert, "cert", "", "`file` with the certificate of this side, PEM")
	flags.StringVar(&f.Key, "key", "", "`file` with the key of this side, PEM")
}

// Client returns the TLS configuration of a connection to a server, nil without
// -ca and -cert.
func (f *Flags) Client() (*tls.Config, error) {
	config, pool, err := f.load()
	if config != nil {
		// Without -ca the authorities of the operating system are trusted.
		config.RootCAs = pool
	}
	return config, err
}

// Server returns the TLS configuration of an embedded server, nil without
// -cert. With -ca, workers must have a certificate of that authority.
func (f *Flags) Server() (*tls.Config, error) {
	config, pool, err := f.load()
	if config == nil || err != nil {
		return nil, err
	}
	if len(config.Certificates) == 0 {
		return nil, fmt.Errorf("a server with TLS needs -cert and -key")
	}
	if pool != nil {
		// A worker sends answers that become results. One without a certificate
		// is therefore turned away before its first message.
		config.ClientCAs, config.ClientAuth = pool, tls.RequireAndVerifyClientCert
	}
	return config, nil
}

// load reads the files of -cert, -key and -ca. Without -ca and -cert all three
// results are nil.
func (f *Flags) load() (*tls.Config, *x509.CertPool, error) {
	if f.CA == "" && f.Cert == "" {
		return nil, nil, nil
	}
	// Version 1.2 is the lowest, because servers that others run may lack 1.3.
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.Cert != "" {
		pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
		if err != nil {
			return nil, nil, fmt.Errorf("-cert and -key: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	if f.CA == "" {
		return config, nil, nil
	}
	text, err := os.ReadFile(f.CA)
	if err != nil {
		return nil, nil, fmt.Errorf("-ca: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, nil, fmt.Errorf("-ca %s has no certificate", f.CA)
	}
	return config, pool, nil
}
