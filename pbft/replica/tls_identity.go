package replica

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/trigrid/trigrid/pbft"
)

// protocol is negotiated in each handshake, so that another version is refused
// there.
const protocol = "trigrid-pbft/1"

// certificateLife is the time before and after the making of a certificate in
// which it is valid. A new one replaces it after half of it. A clock may be
// wrong by the other half, 15 days.
const certificateLife = 30 * 24 * time.Hour

// errIdentity is wrapped by every refusal of the other end's certificate.
var errIdentity = errors.New("replica: tls: identity refused")

// identity is the own end of a channel: a self-signed certificate with the
// Ed25519 key of the replica or client. Its only name is a URI, which binds the
// key to a chain and a role:
//
//	trigrid://<chain>/replica/3
//	trigrid://<chain>/client
type identity struct {
	signer pbft.Signer
	name   *url.URL
	now    func() time.Time

	mu          sync.Mutex
	certificate *tls.Certificate
	renew       time.Time
}

// replicaName returns the name of a replica's certificate.
func replicaName(chain pbft.Digest, id pbft.ReplicaID) *url.URL {
	return &url.URL{Scheme: "trigrid", Host: hex.EncodeToString(chain[:]), Path: "/replica/" + strconv.FormatUint(uint64(id), 10)}
}

// clientName returns the name of a client's certificate.
func clientName(chain pbft.Digest) *url.URL {
	return &url.URL{Scheme: "trigrid", Host: hex.EncodeToString(chain[:]), Path: "/client"}
}

// get returns the current certificate and makes it if necessary.
func (i *identity) get() (*tls.Certificate, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.now()
	if i.certificate != nil && now.Before(i.renew) {
		return i.certificate, nil
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), URIs: []*url.URL{i.name},
		NotBefore: now.Add(-certificateLife), NotAfter: now.Add(certificateLife),
	}
	key := tlsSigner{i.signer}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("replica: tls: making the certificate: %w", err)
	}
	i.certificate, i.renew = &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, now.Add(certificateLife/2)
	return i.certificate, nil
}

// config returns the configuration of one end. verify decides about the other
// end's key and name. It runs in the handshake, before any data of the other
// end is read.
func (i *identity) config(verify func(key pbft.PublicKey, name string) error) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		NextProtos: []string{protocol},
		Time:       i.now,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return i.get()
		},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return i.get()
		},
		ClientAuth: tls.RequireAnyClientCert,
		// No authority signs these certificates. VerifyConnection compares the
		// key with the pinned one instead.
		InsecureSkipVerify:     true,
		SessionTicketsDisabled: true, // every connection proves both identities
		VerifyConnection: func(s tls.ConnectionState) error {
			key, name, err := peerOf(s, i.now())
			if err != nil {
				return err
			}
			return verify(key, name)
		},
	}
}

// peerOf returns the key and the name of the other end's certificate. The
// handshake proves that the other end has the private key.
func peerOf(s tls.ConnectionState, now time.Time) (pbft.PublicKey, string, error) {
	refuse := func(reason string) (pbft.PublicKey, string, error) {
		return pbft.PublicKey{}, "", fmt.Errorf("%w: %s", errIdentity, reason)
	}
	if s.NegotiatedProtocol != protocol {
		return refuse("another protocol than " + protocol)
	}
	if len(s.PeerCertificates) != 1 {
		return refuse("want one certificate")
	}
	c := s.PeerCertificates[0]
	key, ok := c.PublicKey.(ed25519.PublicKey)
	if !ok || len(c.URIs) != 1 {
		return refuse("want a certificate with an Ed25519 key and one URI")
	}
	if now.Before(c.NotBefore) || now.After(c.NotAfter) {
		return refuse("the certificate is not valid now; check the clocks of both ends")
	}
	// The key has signed the name as well.
	if err := c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature); err != nil {
		return refuse("the certificate is not signed by its own key")
	}
	return pbft.PublicKey(key), c.URIs[0].String(), nil
}

// tlsSigner lets a [pbft.Signer] sign handshakes and certificates. The signed
// bytes begin with 64 spaces or with the tag of an ASN.1 sequence, so that they
// are no statement of the protocol.
type tlsSigner struct{ signer pbft.Signer }

func (s tlsSigner) Public() crypto.PublicKey {
	key := s.signer.Public()
	return ed25519.PublicKey(key[:])
}

func (s tlsSigner) Sign(_ io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	if opts.HashFunc() != 0 { // pure Ed25519 signs the message itself
		return nil, errors.New("replica: tls: Ed25519 signs messages, not hashes")
	}
	sig := s.signer.Sign(message)
	return sig[:], nil
}
