package sim

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/trigrid/trigrid/pbft"
)

// ring makes and verifies signatures that cost one hash. Within a simulation
// they cannot be forged: each party has its own signer only, and the secrets
// stay in the ring.
type ring struct {
	secrets map[pbft.PublicKey][32]byte
}

// ringSigner signs as one party.
type ringSigner struct {
	public pbft.PublicKey
	secret [32]byte
}

// newRing returns a ring without keys.
func newRing() *ring { return &ring{secrets: map[pbft.PublicKey][32]byte{}} }

// signer returns the signer of a name such as "replica" and a number. Equal
// arguments give equal keys.
func (r *ring) signer(name string, i int) pbft.Signer {
	b := binary.BigEndian.AppendUint64([]byte(name), uint64(i))
	secret := sha256.Sum256(append([]byte("secret "), b...))
	public := pbft.PublicKey(sha256.Sum256(append([]byte("public "), b...)))
	// Registering again is harmless: equal names give equal keys.
	r.secrets[public] = secret
	return ringSigner{public: public, secret: secret}
}

func (s ringSigner) Public() pbft.PublicKey { return s.public }

func (s ringSigner) Sign(message []byte) pbft.Signature { return tag(s.secret, message) }

// tag returns SHA-256(secret ‖ message) in the first half of a signature.
func tag(secret [32]byte, message []byte) (sig pbft.Signature) {
	h := sha256.New()
	h.Write(secret[:])
	h.Write(message)
	h.Sum(sig[:0])
	return sig
}

// Verify implements [pbft.Verifier]. A key that the ring did not make verifies
// nothing.
func (r *ring) Verify(s pbft.Signed) bool {
	secret, ok := r.secrets[s.Key]
	return ok && tag(secret, s.Message) == s.Signature
}

// VerifyAll implements [pbft.Verifier].
func (r *ring) VerifyAll(s []pbft.Signed) []bool {
	out := make([]bool, len(s))
	for i := range s {
		out[i] = r.Verify(s[i])
	}
	return out
}
