package contracts

import (
	"errors"
	"fmt"
	"io"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/internal/entropy"
)

// Delivery is one DER's row of a scheme with the proof that the VPP committed
// to it.
type Delivery struct {
	VPP     string
	Columns []string
	Row     Row
	Salt    [SaltSize]byte
	Path    ledger.Path
}

// Layout implements [ledger.Coded].
func (d *Delivery) Layout(c *codec.Coder) {
	c.String(&d.VPP, ledger.MaxName)
	codec.Strings(c, &d.Columns, maxColumns, maxColumn)
	d.Row.Layout(c)
	c.Fixed(d.Salt[:])
	d.Path.Layout(c)
}

// Verify checks the row against the header that the VPP signed and the ledger
// recorded.
func (d *Delivery) Verify(h *SchemeHeader) error {
	if d.VPP != h.VPP {
		return fmt.Errorf("ledger: delivery of %q checked against the scheme of %q", d.VPP, h.VPP)
	}
	return d.Path.Verify(h.Root, rowLeaf(d.Salt, &d.Row))
}

// Deliver returns the delivery of row j.
func (o *OpenedScheme) Deliver(h *SchemeHeader, j int) Delivery {
	return Delivery{VPP: h.VPP, Columns: o.Columns, Row: o.Rows[j], Salt: o.Salts[j], Path: ledger.MerklePath(o.leaves(), j)}
}

// deliveryFloor is the smallest padded delivery, in bytes.
const deliveryFloor = 1024

// SealDeliveries seals each row of a scheme to its DER and adds dummies up to a
// power of two, at least 8. All envelopes have the same length and a random
// order, so that an observer learns only an upper bound of the number of DERs.
// keys returns the sealing key of a DER. The error wraps [ErrDeliveryTooLong]
// if a row does not fit into an envelope.
func SealDeliveries(random io.Reader, h *SchemeHeader, o *OpenedScheme, keys func(der string) (ledger.SealKey, error)) ([]ledger.Sealed, error) {
	plain := make([][]byte, len(o.Rows))
	floor := deliveryFloor
	for j := range o.Rows {
		d := o.Deliver(h, j)
		plain[j] = ledger.Encode(&d)
		floor = len(pad(plain[j], floor))
		if floor+ledger.SealedOverhead > ledger.MaxSealed {
			return nil, fmt.Errorf("%w: the row of %q and the columns have %d bytes, limit %d; shorten the note", ErrDeliveryTooLong, o.Rows[j].DER, len(plain[j]), ledger.MaxSealed-ledger.SealedOverhead)
		}
	}
	aad := ledger.Encode(h)
	var out []ledger.Sealed
	for j, p := range plain {
		k, err := keys(o.Rows[j].DER)
		if err != nil {
			return nil, err
		}
		s, err := ledger.Seal(random, k, deliveryInfo(h), aad, pad(p, floor))
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	for len(out) < 8 || len(out)&(len(out)-1) != 0 {
		// The private key of a dummy is dropped here, so that no party can open
		// it.
		k, err := ledger.NewOpenKey(random, ledger.SuiteX25519())
		if err != nil {
			return nil, err
		}
		s, err := ledger.Seal(random, k.Public(), deliveryInfo(h), aad, pad(nil, floor))
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, entropy.Shuffle(random, out)
}

// ErrDeliveryTooLong is wrapped by errors about a row that is too long for an
// envelope.
var ErrDeliveryTooLong = errors.New("ledger: delivery too long")

// deliveryInfo separates deliveries from schemes that are sealed with the same
// key.
func deliveryInfo(h *SchemeHeader) []byte {
	x := ledger.HashOf(domainDelivery, h.Chain[:])
	return x[:]
}

// ErrNotForMe is wrapped by errors about a list of envelopes without one for
// the given key.
var ErrNotForMe = errors.New("ledger: no envelope opens with this key")

// OpenDelivery returns the delivery that is sealed to k, after verifying it
// against the scheme's header. The caller compares Row.DER with its own name.
func OpenDelivery(k *ledger.OpenKey, h *SchemeHeader, envelopes []ledger.Sealed) (*Delivery, error) {
	aad := ledger.Encode(h)
	for _, s := range envelopes {
		p, err := k.Open(deliveryInfo(h), aad, s)
		if err != nil {
			continue
		}
		b, err := unpad(p, deliveryFloor)
		if err != nil {
			return nil, err
		}
		var d Delivery
		if err := ledger.Decode("delivery", b, &d); err != nil {
			return nil, err
		}
		return &d, d.Verify(h)
	}
	return nil, ErrNotForMe
}
