package contracts

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/internal/entropy"
)

// A VPP seals its aggregation scheme for the grid:
//
//	leaf_j     = salt_j ‖ row_j                         one DER's row after a random 32-byte salt
//	Root       = RFC 6962 root over the leaves
//	plaintext  = rows, salts, totals, padded to a power of two
//	Commitment = H(chain, period, VPP, version, salt_0, plaintext)
//	ciphertext = HPKE(grid key, info, aad = header, salt_0 ‖ plaintext)
//
// The header is public and signed by the VPP. Replicas check sender, deadline,
// length and version; the grid checks the content. Later the grid shows each
// DER its leaf with the path to Root, so that it cannot show a row to which the
// VPP did not commit. The salt prevents others from finding a row by trying all
// values against its leaf.

// Scheme is an aggregation scheme in the clear: a table with one row per DER.
//
// For example, Columns {"capacity, MW"} and Rows {{DER: "battery", Values: {4 *
// ledger.One}}} describe one battery of 4 MW. A scheme without rows is valid:
// the VPP aggregates no DER. It is sealed, judged and delivered like any other;
// its deliveries are dummies only.
type Scheme struct {
	Columns []string // meaning and unit of each value of a row, for example "capacity, MW"
	Rows    []Row    // one per DER, each DER once; may be empty
}

// Row is one DER's part of a scheme.
type Row struct {
	DER    string
	Values []ledger.Micro // one per column, in millionths of the column's unit
	Note   []byte         // further data for this DER, for example a tariff
}

// Layout implements [ledger.Coded].
func (r *Row) Layout(c *codec.Coder) {
	c.String(&r.DER, ledger.MaxName)
	codeMicros(c, &r.Values, maxColumns)
	c.Bytes(&r.Note, ledger.MaxSealed)
}

const (
	maxColumns  = 4096
	maxRows     = 4096
	maxColumn   = 128
	SaltSize    = 32
	schemeFloor = 1024 // smallest padded plaintext, bytes
)

// Validate returns all violations of the scheme's shape: number of rows and
// columns, names, two rows for one DER, rows of another length, totals out of
// range.
func (s *Scheme) Validate() error {
	var bad faults.List
	if len(s.Rows) > maxRows {
		bad.Addf("ledger: scheme has %d rows, want at most %d", len(s.Rows), maxRows)
	}
	if len(s.Columns) > maxColumns {
		bad.Addf("ledger: scheme has %d columns, want at most %d", len(s.Columns), maxColumns)
	}
	seen := map[string]bool{}
	for _, r := range s.Rows {
		if err := ledger.CheckName("row of DER", r.DER); err != nil {
			bad.Add(err)
		}
		if seen[r.DER] {
			bad.Addf("ledger: scheme has two rows for %q", r.DER)
		}
		seen[r.DER] = true
		if len(r.Values) != len(s.Columns) {
			bad.Addf("ledger: row of %q has %d values, the scheme has %d columns", r.DER, len(r.Values), len(s.Columns))
		}
	}
	if _, err := s.Totals(); err != nil {
		bad.Add(err)
	}
	return bad.Err()
}

// Totals returns the sum of each column. The error wraps [ledger.ErrRange].
func (s *Scheme) Totals() ([]ledger.Micro, error) {
	out := make([]ledger.Micro, len(s.Columns))
	for _, r := range s.Rows {
		for i := range min(len(r.Values), len(out)) {
			a, b := out[i], r.Values[i]
			if b > 0 && a > math.MaxInt64-b || b < 0 && a < math.MinInt64-b {
				return nil, fmt.Errorf("%w: total of column %q", ledger.ErrRange, s.Columns[i])
			}
			out[i] = a + b
		}
	}
	return out, nil
}

// SchemeHeader is the public part of a scheme.
type SchemeHeader struct {
	Chain      ledger.Hash
	Period     uint64
	VPP        string
	Version    uint64      // 1, plus one for each resubmission
	GridKey    string      // name of the grid identity whose key seals the scheme
	GridSerial uint64      // serial number of that key
	Root       ledger.Hash // root over the rows' leaves
	Commitment ledger.Hash // hash of the plaintext
	Length     uint64      // of the ciphertext, bytes
}

// Layout implements [ledger.Coded].
func (h *SchemeHeader) Layout(c *codec.Coder) {
	tag := domainScheme
	c.String(&tag, ledger.MaxName)
	if c.Decoding() && tag != domainScheme {
		c.Fail(errors.New("not a scheme header"))
	}
	c.Fixed(h.Chain[:])
	c.Uint64(&h.Period)
	c.String(&h.VPP, ledger.MaxName)
	c.Uint64(&h.Version)
	c.String(&h.GridKey, ledger.MaxName)
	c.Uint64(&h.GridSerial)
	c.Fixed(h.Root[:])
	c.Fixed(h.Commitment[:])
	c.Uint64(&h.Length)
}

// info separates schemes from other messages sealed with the same key.
func (h *SchemeHeader) info() []byte {
	x := ledger.HashOf(domainScheme, h.Chain[:], []byte(h.GridKey), ledger.Encode(&ledger.Counter{N: h.GridSerial}))
	return x[:]
}

// commit returns the commitment to a padded plaintext.
func (h *SchemeHeader) commit(salt0 [SaltSize]byte, plaintext []byte) ledger.Hash {
	return ledger.HashOf(domainCommitment, h.Chain[:], ledger.Encode(&ledger.Counter{N: h.Period}), []byte(h.VPP), ledger.Encode(&ledger.Counter{N: h.Version}), salt0[:], plaintext)
}

// OpenedScheme is a scheme with all data that proves parts of it. The VPP keeps
// it, and the grid obtains it by opening.
type OpenedScheme struct {
	Scheme
	Salts     [][SaltSize]byte // one per row
	Salt0     [SaltSize]byte
	Plaintext []byte // padded; the input of the commitment
}

// codeBody codes the plaintext before padding. The totals follow from the rows;
// their presence lets the decoder reject a wrong sum.
func (o *OpenedScheme) codeBody(c *codec.Coder) {
	codec.Strings(c, &o.Columns, maxColumns, maxColumn)
	codec.List(c, &o.Rows, maxRows, func(c *codec.Coder, r *Row) { r.Layout(c) })
	codec.List(c, &o.Salts, maxRows, func(c *codec.Coder, s *[SaltSize]byte) { c.Fixed(s[:]) })
	totals, _ := o.Totals()
	want := slices.Clone(totals)
	codeMicros(c, &want, maxColumns)
	if !slices.Equal(totals, want) {
		c.Fail(errors.New("totals are not the sums of the rows"))
	}
}

// leaf returns the entry of row j in the scheme's tree.
func (o *OpenedScheme) leaf(j int) []byte { return rowLeaf(o.Salts[j], &o.Rows[j]) }

func rowLeaf(salt [SaltSize]byte, r *Row) []byte { return append(salt[:], ledger.Encode(r)...) }

// leaves returns the entries of the scheme's tree in the order of the rows.
func (o *OpenedScheme) leaves() [][]byte {
	out := make([][]byte, len(o.Rows))
	for j := range o.Rows {
		out[j] = o.leaf(j)
	}
	return out
}

// SealScheme prepares a scheme for submission to the grid with key to. It sets
// Root, Commitment and Length of the header. The VPP keeps the opened scheme,
// with which it can contest a verdict; see [OpenedScheme.Disclose]. A nil
// reader is the operating system's source of random numbers.
func SealScheme(random io.Reader, h SchemeHeader, to ledger.SealKey, s Scheme) (*SubmitScheme, *OpenedScheme, error) {
	if err := s.Validate(); err != nil {
		return nil, nil, err
	}
	o := &OpenedScheme{Scheme: s, Salts: make([][SaltSize]byte, len(s.Rows))}
	for j := range o.Salts {
		if err := entropy.Fill(random, o.Salts[j][:]); err != nil {
			return nil, nil, err
		}
	}
	if err := entropy.Fill(random, o.Salt0[:]); err != nil {
		return nil, nil, err
	}
	o.Plaintext = pad(codec.Encode(o.codeBody), schemeFloor)
	if size := len(o.Plaintext) + SaltSize + ledger.SealedOverhead; size > ledger.MaxSealed {
		return nil, nil, fmt.Errorf("ledger: sealed scheme has %d bytes, limit %d; shorten notes, columns or rows", size, ledger.MaxSealed)
	}
	h.Root = ledger.MerkleRoot(o.leaves())
	h.Commitment = h.commit(o.Salt0, o.Plaintext)
	h.Length = uint64(SaltSize + len(o.Plaintext) + ledger.SealedOverhead)
	sealed, err := ledger.Seal(random, to, h.info(), ledger.Encode(&h), append(o.Salt0[:], o.Plaintext...))
	if err != nil {
		return nil, nil, err
	}
	return &SubmitScheme{Header: h, Body: sealed}, o, nil
}

// Disclose returns the message that publishes the scheme, for a VPP that
// contests a verdict or for an audit. The contract accepts it only if it
// matches the commitment.
func (o *OpenedScheme) Disclose(period uint64, vpp string) *DiscloseScheme {
	return &DiscloseScheme{Period: period, VPP: vpp, Salt0: o.Salt0, Plaintext: slices.Clone(o.Plaintext)}
}

// OpenDisclosed reads a disclosed scheme and checks it against the submitted
// header.
func OpenDisclosed(h *SchemeHeader, m *DiscloseScheme) (*OpenedScheme, error) {
	return checkOpening(h, m.Salt0, m.Plaintext)
}

// ErrBadOpening is wrapped by errors about a sealed scheme that does not match
// its header. The grid rejects such a scheme.
var ErrBadOpening = errors.New("ledger: scheme does not open to its commitment")

// OpenScheme decrypts a scheme and checks three things: the ciphertext opens
// with the header as associated data, the plaintext matches the commitment, and
// the rows hash to the root. The error wraps [ErrBadOpening].
func OpenScheme(k *ledger.OpenKey, m SubmitScheme) (*OpenedScheme, error) {
	b, err := k.Open(m.Header.info(), ledger.Encode(&m.Header), m.Body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadOpening, err)
	}
	if len(b) < SaltSize {
		return nil, fmt.Errorf("%w: too short", ErrBadOpening)
	}
	return checkOpening(&m.Header, [SaltSize]byte(b[:SaltSize]), b[SaltSize:])
}

// checkOpening decodes a plaintext and checks it against the header.
func checkOpening(h *SchemeHeader, salt0 [SaltSize]byte, plaintext []byte) (*OpenedScheme, error) {
	if h.commit(salt0, plaintext) != h.Commitment {
		return nil, fmt.Errorf("%w: other commitment", ErrBadOpening)
	}
	body, err := unpad(plaintext, schemeFloor)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadOpening, err)
	}
	o := &OpenedScheme{Salt0: salt0, Plaintext: plaintext}
	if err := codec.Decode(body, o.codeBody); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadOpening, err)
	}
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadOpening, err)
	}
	if len(o.Salts) != len(o.Rows) || ledger.MerkleRoot(o.leaves()) != h.Root {
		return nil, fmt.Errorf("%w: rows do not hash to the root", ErrBadOpening)
	}
	return o, nil
}

// codeMicros codes a list of fixed-point numbers.
func codeMicros(c *codec.Coder, v *[]ledger.Micro, limit int) {
	codec.List(c, v, limit, func(c *codec.Coder, m *ledger.Micro) { codec.Int64(c, m) })
}
