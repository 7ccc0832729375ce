package ledger

import (
	"crypto/hpke"
	"errors"
	"fmt"
	"io"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger/internal/entropy"
	"github.com/trigrid/trigrid/ledger/internal/seeded"
)

// Confidential data is sealed to one recipient with HPKE (RFC 9180, base mode)
// of the standard library. Base mode does not authenticate the sender; the
// signed transaction around the ciphertext does. The associated data is the
// header that travels with the ciphertext, so that a ciphertext copied under
// another header does not open.

// Suite is a combination of algorithms by their numbers in RFC 9180. It is part
// of a registered key and is never negotiated.
type Suite struct{ KEM, KDF, AEAD uint16 }

// SuiteX25519 is the default: X25519, HKDF-SHA256, AES-256-GCM. A sealed
// message is 48 bytes longer than the plaintext.
func SuiteX25519() Suite { return Suite{KEM: seeded.KEM, KDF: seeded.KDF, AEAD: seeded.AEAD} }

// SuiteHybrid resists quantum computers as long as one of its two key exchanges
// does: ML-KEM-768 with X25519, HKDF-SHA256, AES-256-GCM. A sealed message is
// 1136 bytes longer than the plaintext.
func SuiteHybrid() Suite { return Suite{KEM: 0x647a, KDF: seeded.KDF, AEAD: seeded.AEAD} }

func (s Suite) parts() (hpke.KEM, hpke.KDF, hpke.AEAD, error) {
	kem, err1 := hpke.NewKEM(s.KEM)
	kdf, err2 := hpke.NewKDF(s.KDF)
	aead, err3 := hpke.NewAEAD(s.AEAD)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, nil, nil, fmt.Errorf("ledger: suite %04x/%04x/%04x: %w", s.KEM, s.KDF, s.AEAD, err)
	}
	return kem, kdf, aead, nil
}

// SealKey is the public key that encrypts messages to one identity.
type SealKey struct {
	Suite  Suite
	Public []byte
}

const (
	maxSealKey   = 4096
	MaxSealed    = 1<<19 + 1024 // half a transaction, plus padding to a power of two
	maxEncapsule = 4096
)

// Layout implements [Coded].
func (k *SealKey) Layout(c *codec.Coder) {
	c.Uint16(&k.Suite.KEM)
	c.Uint16(&k.Suite.KDF)
	c.Uint16(&k.Suite.AEAD)
	c.Bytes(&k.Public, maxSealKey)
}

// Validate accepts the two suites above only, even if the standard library of
// one replica has more. The error texts are constants of this package because
// they become part of receipts.
func (k *SealKey) Validate() error {
	if k.Suite != SuiteX25519() && k.Suite != SuiteHybrid() {
		return fmt.Errorf("ledger: suite %04x/%04x/%04x is neither SuiteX25519 nor SuiteHybrid", k.Suite.KEM, k.Suite.KDF, k.Suite.AEAD)
	}
	kem, _, _, err := k.Suite.parts()
	if err == nil {
		_, err = kem.NewPublicKey(k.Public)
	}
	if err != nil {
		return fmt.Errorf("ledger: %d bytes are no public key of suite %04x", len(k.Public), k.Suite.KEM)
	}
	return nil
}

// OpenKey is the private half of a [SealKey].
type OpenKey struct {
	private hpke.PrivateKey
	suite   Suite
}

// NewOpenKey makes a key pair. A nil reader is the operating system's source of
// random numbers.
func NewOpenKey(random io.Reader, suite Suite) (*OpenKey, error) {
	kem, _, _, err := suite.parts()
	if err != nil {
		return nil, err
	}
	ikm := make([]byte, 64)
	if err := entropy.Fill(random, ikm); err != nil {
		return nil, err
	}
	private, err := kem.DeriveKeyPair(ikm)
	if err != nil {
		return nil, fmt.Errorf("ledger: sealing key: %w", err)
	}
	return &OpenKey{private, suite}, nil
}

// Public returns the key to register.
func (k *OpenKey) Public() SealKey { return SealKey{k.suite, k.private.PublicKey().Bytes()} }

// Sealed is an encrypted message.
type Sealed struct {
	Encapsulated []byte // ephemeral public key of the sender
	Ciphertext   []byte
}

// Layout implements [Coded].
func (s *Sealed) Layout(c *codec.Coder) {
	c.Bytes(&s.Encapsulated, maxEncapsule)
	c.Bytes(&s.Ciphertext, MaxSealed)
}

// Hash identifies the sealed message.
func (s *Sealed) Hash() Hash { return HashOf(domainCiphertext, s.Encapsulated, s.Ciphertext) }

// SealedOverhead is the length that AES-GCM adds to the plaintext, in bytes.
const SealedOverhead = 16

// Seal encrypts plaintext to k. info names the purpose, aad is the data to
// which the ciphertext is bound; both are needed to open it. A nil reader is
// the operating system's source. Any other reader makes the result repeatable,
// is for simulations only, and needs [SuiteX25519].
func Seal(random io.Reader, k SealKey, info, aad, plaintext []byte) (Sealed, error) {
	// The standard library takes the ephemeral key from the operating system
	// only.
	if random != nil {
		if k.Suite != SuiteX25519() {
			return Sealed{}, errors.New("ledger: sealing from a seed works with SuiteX25519 only; pass a nil random source for other suites")
		}
		enc, ct, err := seeded.Seal(random, k.Public, info, aad, plaintext)
		return Sealed{enc, ct}, err
	}
	kem, kdf, aead, err := k.Suite.parts()
	if err != nil {
		return Sealed{}, err
	}
	public, err := kem.NewPublicKey(k.Public)
	if err != nil {
		return Sealed{}, fmt.Errorf("ledger: sealing key: %w", err)
	}
	enc, sender, err := hpke.NewSender(public, kdf, aead, info)
	if err != nil {
		return Sealed{}, err
	}
	ct, err := sender.Seal(aad, plaintext)
	return Sealed{enc, ct}, err
}

// ErrOpen is returned if a sealed message does not open with the key, info and
// associated data.
var ErrOpen = errors.New("ledger: sealed message does not open: other key, other header, or damaged")

// Open decrypts a message that was sealed to k with the same info and aad. The
// error is [ErrOpen] for every damaged or foreign message.
func (k *OpenKey) Open(info, aad []byte, s Sealed) ([]byte, error) {
	_, kdf, aead, err := k.suite.parts()
	if err != nil {
		return nil, err
	}
	r, err := hpke.NewRecipient(s.Encapsulated, k.private, kdf, aead, info)
	if err != nil {
		return nil, ErrOpen
	}
	plaintext, err := r.Open(aad, s.Ciphertext)
	if err != nil {
		return nil, ErrOpen
	}
	return plaintext, nil
}
