// Package seeded is the sender's half of HPKE (RFC 9180, base mode,
// DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM) with the ephemeral key
// from a reader. The standard library's crypto/hpke draws that key from the
// operating system. Repeatable simulations need this package. Package
// crypto/hpke opens its messages.
package seeded

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
)

// Numbers of the algorithms in the registries of RFC 9180.
const (
	KEM  = 0x0020 // DHKEM(X25519, HKDF-SHA256)
	KDF  = 0x0001 // HKDF-SHA256
	AEAD = 0x0002 // AES-256-GCM
)

// Seal encrypts plaintext to an X25519 public key, bound to info and aad. The
// first 32 bytes of random are the ephemeral private key; no two calls may use
// the same ones.
//
// enc is the ephemeral public key, 32 bytes. ciphertext is 16 bytes longer than
// plaintext.
func Seal(random io.Reader, public, info, aad, plaintext []byte) (enc, ciphertext []byte, err error) {
	recipient, err := ecdh.X25519().NewPublicKey(public)
	if err != nil {
		return nil, nil, fmt.Errorf("seeded: recipient: %w", err)
	}
	// The ephemeral key is the only random input of the message.
	var seed [32]byte
	if _, err := io.ReadFull(random, seed[:]); err != nil {
		return nil, nil, err
	}
	ephemeral, err := ecdh.X25519().NewPrivateKey(seed[:])
	if err != nil {
		return nil, nil, err
	}
	dh, err := ephemeral.ECDH(recipient)
	if err != nil {
		return nil, nil, err
	}
	enc = ephemeral.PublicKey().Bytes()

	// Section 4.1, Encap: shared_secret = ExtractAndExpand(dh, enc ‖ pkR).
	kem := labeled{binary.BigEndian.AppendUint16([]byte("KEM"), KEM)}
	prk, err := kem.extract(nil, "eae_prk", dh)
	if err != nil {
		return nil, nil, err
	}
	shared, err := kem.expand(prk, "shared_secret", append(append([]byte(nil), enc...), public...), 32)
	if err != nil {
		return nil, nil, err
	}

	// Section 5.1, KeySchedule in base mode.
	suite := []byte("HPKE")
	for _, id := range []uint16{KEM, KDF, AEAD} {
		suite = binary.BigEndian.AppendUint16(suite, id)
	}
	l := labeled{suite}
	pskID, err := l.extract(nil, "psk_id_hash", nil)
	if err != nil {
		return nil, nil, err
	}
	infoHash, err := l.extract(nil, "info_hash", info)
	if err != nil {
		return nil, nil, err
	}
	context := append(append([]byte{0}, pskID...), infoHash...)
	secret, err := l.extract(shared, "secret", nil)
	if err != nil {
		return nil, nil, err
	}
	key, err := l.expand(secret, "key", context, 32)
	if err != nil {
		return nil, nil, err
	}
	nonce, err := l.expand(secret, "base_nonce", context, 12)
	if err != nil {
		return nil, nil, err
	}

	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, nil, err
	}
	return enc, gcm.Seal(nil, nonce, plaintext, aad), nil // message 0 has the base nonce
}

// labeled is HKDF-SHA256 with the labels of section 4. suite is the suite_id of
// the section.
type labeled struct{ suite []byte }

// extract is LabeledExtract.
//
// The key material is "HPKE-v1" ‖ suite_id ‖ label ‖ ikm, as in section 4.
func (l labeled) extract(salt []byte, label string, ikm []byte) ([]byte, error) {
	b := append([]byte("HPKE-v1"), l.suite...)
	b = append(append(b, label...), ikm...)
	return hkdf.Extract(sha256.New, b, salt)
}

// expand is LabeledExpand. The length precedes the label as two bytes.
//
// The info is length ‖ "HPKE-v1" ‖ suite_id ‖ label ‖ info.
func (l labeled) expand(prk []byte, label string, info []byte, length uint16) ([]byte, error) {
	b := append(binary.BigEndian.AppendUint16(nil, length), "HPKE-v1"...)
	b = append(append(append(b, l.suite...), label...), info...)
	return hkdf.Expand(sha256.New, prk, string(b), int(length))
}
