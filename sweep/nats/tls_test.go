package nats

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/sweep/sweeptest"
)

// authority returns a certificate for the loopback interface and the pool that
// trusts it.
func authority(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// A worker with a certificate and the password works. One without either is not
// connected.
func TestWorkersNeedCertificateAndPassword(t *testing.T) {
	pair, pool := authority(t)
	c, err := Start(t.Context(), Options{
		Listen: "127.0.0.1:0", Username: "farm", Password: "secret",
		TLS: &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert},
	})
	require.NoError(t, err)
	trusting := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}
	full := trusting.Clone()
	full.Certificates = []tls.Certificate{pair}
	for name, o := range map[string]WorkOptions{
		"no TLS":         {Username: "farm", Password: "secret"},
		"no certificate": {TLS: trusting, Username: "farm", Password: "secret"},
		"no password":    {TLS: full},
		"another word":   {TLS: full, Username: "farm", Password: "guess"},
	} {
		o.URL = c.URL()
		conn, err := o.connect()
		if err == nil {
			conn.Close()
		}
		require.Error(t, err, name)
	}
	ctx, stop := context.WithCancel(t.Context())
	c.group.Go(func() {
		_ = Work(ctx, WorkOptions{URL: c.URL(), TLS: full, Username: "farm", Password: "secret", Workers: 1, Study: suite})
	})
	defer func() {
		stop()
		require.NoError(t, c.Close())
	}()
	study := sweeptest.Study()
	s, err := c.FarmOf().Open(t.Context(), study)
	require.NoError(t, err)
	defer s.Close()
	jobs := sweeptest.Jobs(study, 4)
	got, err := sweeptest.Evaluate(t.Context(), s, jobs)
	require.NoError(t, err)
	for i, j := range jobs {
		require.NoError(t, got[i].Validate(j))
	}
}

// A coordinator of an existing server works as one that embeds it.
func TestAnExistingServerIsUsed(t *testing.T) {
	host, err := Start(t.Context(), Options{Listen: "127.0.0.1:0"})
	require.NoError(t, err)
	defer host.Close()
	c, err := Start(t.Context(), Options{URL: host.URL()})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	c.group.Go(func() { _ = Work(ctx, WorkOptions{URL: host.URL(), Workers: 1, Study: suite}) })
	defer func() {
		stop()
		require.NoError(t, c.Close())
	}()
	study := sweeptest.Study()
	s, err := c.FarmOf().Open(t.Context(), study)
	require.NoError(t, err)
	defer s.Close()
	_, err = sweeptest.Evaluate(t.Context(), s, sweeptest.Jobs(study, 4))
	require.NoError(t, err)

	_, err = Start(t.Context(), Options{URL: "nats://127.0.0.1:1"})
	require.ErrorContains(t, err, "no connection")
	_, err = Start(t.Context(), Options{Listen: "nowhere"})
	require.ErrorContains(t, err, "want host and port")
}
