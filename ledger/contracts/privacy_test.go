package contracts

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
)

// Every test called Privacy is an attack: on the sealed schemes, on what DERs
// receive, on published totals, on pseudonyms and on hidden choices. Run them
// with -run Privacy -v.

// stage is a grid, two VPPs and some DERs with their keys, and a scheme of the
// first VPP.
type stage struct {
	random *rand.ChaCha8
	chain  ledger.Hash
	grid   *ledger.OpenKey
	ders   map[string]*ledger.OpenKey
	header SchemeHeader
	scheme Scheme
	sealed SubmitScheme
	opened *OpenedScheme
}

func newStage(t *testing.T, ders int) *stage {
	t.Helper()
	s := &stage{random: rand.NewChaCha8([32]byte{'p'}), chain: ledger.Hash{1}, ders: map[string]*ledger.OpenKey{}}
	var err error
	s.grid, err = ledger.NewOpenKey(s.random, ledger.SuiteX25519())
	require.NoError(t, err)
	s.scheme = Scheme{Columns: []string{"capacity, MW"}}
	for i := range ders {
		der := fmt.Sprintf("der-%02d", i)
		s.ders[der], err = ledger.NewOpenKey(s.random, ledger.SuiteX25519())
		require.NoError(t, err)
		s.scheme.Rows = append(s.scheme.Rows, Row{DER: der, Values: []ledger.Micro{ledger.Micro(i+1) * ledger.One}, Note: []byte("tariff of " + der)})
	}
	s.header = SchemeHeader{Chain: s.chain, Period: 4, VPP: "vpp-a", Version: 1, GridKey: "grid"}
	sealed, kept, err := SealScheme(s.random, s.header, s.grid.Public(), s.scheme)
	require.NoError(t, err)
	s.sealed = *sealed
	s.opened, err = OpenScheme(s.grid, s.sealed)
	require.NoError(t, err)
	require.Equal(t, kept, s.opened, "what the grid sees is what the VPP keeps")
	require.Equal(t, s.scheme, s.opened.Scheme)
	return s
}

func (s *stage) keyOf(der string) (ledger.SealKey, error) { return s.ders[der].Public(), nil }

func TestPrivacyCiphertextCopiedIntoAnotherVPPsSchemeDoesNotOpen(t *testing.T) {
	s := newStage(t, 3)
	stolen := s.sealed
	stolen.Header.VPP = "vpp-b"
	_, err := OpenScheme(s.grid, stolen)
	require.ErrorIs(t, err, ErrBadOpening)
	require.ErrorIs(t, err, ledger.ErrOpen, "the ciphertext itself must not open under another header")
}

func TestPrivacyEveryFieldOfTheHeaderIsBoundToTheCiphertext(t *testing.T) {
	s := newStage(t, 3)
	for name, change := range map[string]func(*SchemeHeader){
		"chain":      func(h *SchemeHeader) { h.Chain[0] ^= 1 },
		"period":     func(h *SchemeHeader) { h.Period++ },
		"vpp":        func(h *SchemeHeader) { h.VPP += "x" },
		"version":    func(h *SchemeHeader) { h.Version++ },
		"grid key":   func(h *SchemeHeader) { h.GridKey += "x" },
		"serial":     func(h *SchemeHeader) { h.GridSerial++ },
		"root":       func(h *SchemeHeader) { h.Root[0] ^= 1 },
		"commitment": func(h *SchemeHeader) { h.Commitment[0] ^= 1 },
		"length":     func(h *SchemeHeader) { h.Length++ },
	} {
		m := s.sealed
		change(&m.Header)
		_, err := OpenScheme(s.grid, m)
		require.ErrorIs(t, err, ledger.ErrOpen, name)
	}
}

func TestPrivacyDamagedCiphertextDoesNotOpen(t *testing.T) {
	s := newStage(t, 3)
	for i := range 20 {
		m := s.sealed
		m.Body.Ciphertext = bytes.Clone(m.Body.Ciphertext)
		m.Body.Ciphertext[i*len(m.Body.Ciphertext)/20] ^= 1
		_, err := OpenScheme(s.grid, m)
		require.ErrorIs(t, err, ledger.ErrOpen)
	}
	m := s.sealed
	m.Body.Encapsulated = m.Body.Encapsulated[1:]
	_, err := OpenScheme(s.grid, m)
	require.ErrorIs(t, err, ledger.ErrOpen)
}

func TestPrivacyOnlyTheGridsKeyOpensAScheme(t *testing.T) {
	s := newStage(t, 3)
	for _, other := range s.ders {
		_, err := OpenScheme(other, s.sealed)
		require.ErrorIs(t, err, ledger.ErrOpen)
	}
	rotated, err := ledger.NewOpenKey(s.random, ledger.SuiteX25519())
	require.NoError(t, err)
	_, err = OpenScheme(rotated, s.sealed)
	require.ErrorIs(t, err, ledger.ErrOpen)
}

// A VPP that commits to one scheme and seals another is found out by the grid
// and cannot be framed by it.
func TestPrivacySealedSchemeMustBeTheOneCommittedTo(t *testing.T) {
	s := newStage(t, 3)
	h := s.sealed.Header
	reseal := func(plaintext []byte) SubmitScheme {
		b, err := ledger.Seal(s.random, s.grid.Public(), h.info(), ledger.Encode(&h), append(bytes.Clone(s.opened.Salt0[:]), plaintext...))
		require.NoError(t, err)
		return SubmitScheme{Header: h, Body: b}
	}
	_, err := OpenScheme(s.grid, reseal(s.opened.Plaintext))
	require.NoError(t, err, "the harness itself")

	other := *s.opened
	other.Rows = slices.Clone(other.Rows)
	other.Rows[0].Values = []ledger.Micro{99 * ledger.One}
	_, err = OpenScheme(s.grid, reseal(pad(codec.Encode(other.codeBody), schemeFloor)))
	require.ErrorIs(t, err, ErrBadOpening)

	// Another salt is another commitment, so an opening cannot be invented
	// afterwards.
	_, err = checkOpening(&h, [SaltSize]byte{1}, s.opened.Plaintext)
	require.ErrorIs(t, err, ErrBadOpening)

	// Rows that fit the commitment but not the root.
	h.Root[0] ^= 1
	h.Commitment = h.commit(s.opened.Salt0, s.opened.Plaintext)
	_, err = OpenScheme(s.grid, reseal(s.opened.Plaintext))
	require.ErrorIs(t, err, ErrBadOpening)
}

func TestPrivacyLengthTellsOnlyAPowerOfTwo(t *testing.T) {
	lengths := map[int]bool{}
	for ders := 1; ders <= 8; ders++ {
		n := len(newStage(t, ders).sealed.Body.Ciphertext) - SaltSize - ledger.SealedOverhead
		require.Equal(t, 0, n&(n-1), "%d DERs: %d bytes are no power of two", ders, n)
		lengths[n] = true
	}
	require.Len(t, lengths, 1, "1 to 8 DERs are told apart by length")
	for _, n := range []int{0, 1, 1022, 1023, 1024, 5000} {
		b := bytes.Repeat([]byte{0x80}, n)
		got, err := unpad(pad(b, schemeFloor), schemeFloor)
		require.NoError(t, err)
		require.True(t, bytes.Equal(b, got))
	}
	for _, bad := range [][]byte{nil, make([]byte, 1024), append(pad(nil, 1024), make([]byte, 1024)...)} {
		_, err := unpad(bad, schemeFloor)
		require.ErrorIs(t, err, errPadding)
	}
}

// The hybrid suite seals and opens with the operating system's randomness only.
func TestPrivacyHybridSuite(t *testing.T) {
	k, err := ledger.NewOpenKey(nil, ledger.SuiteHybrid())
	require.NoError(t, err)
	b, err := ledger.Seal(nil, k.Public(), []byte("info"), []byte("aad"), []byte("secret"))
	require.NoError(t, err)
	got, err := k.Open([]byte("info"), []byte("aad"), b)
	require.NoError(t, err)
	require.Equal(t, "secret", string(got))
	_, err = k.Open([]byte("info"), []byte("other"), b)
	require.ErrorIs(t, err, ledger.ErrOpen)
	_, err = ledger.Seal(rand.NewChaCha8([32]byte{}), k.Public(), nil, nil, nil)
	require.Error(t, err, "a seed must not be ignored silently")
}
