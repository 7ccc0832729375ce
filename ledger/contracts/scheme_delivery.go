package contracts

import (
	"errors"
	"fmt"
	"io"

	"github.com/trigrid/trigrid/codec"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/internal/entropy"
)

// Delivery is what one DER learns of a scheme: its own row, and proof that it is the row the VPP committed to.
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

// Verify checks the row against the header that the VPP has signed and the ledger has recorded.
func (d *Delivery) Verify(h *SchemeHeader) error {
	if d.VPP != h.VPP {
		return fmt.Errorf("ledger: delivery of %q checked against the scheme of %q", d.VPP, h.VPP)
	}
	return d.Path.Verify(h.Root, rowLeaf(d.Salt, &d.Row))
}

// Deliver cuts out what row j of an accepted scheme tells its DER.
func (o *OpenedScheme) Deliver(h *SchemeHeader, j int) Delivery {
	return Delivery{VPP: h.VPP, Columns: o.Columns, Row: o.Rows[j], Salt: o.Salts[j], Path: ledger.MerklePath(o.leaves(), j)}
}

// deliveryFloor is the smallest padded delivery, bytes.
const deliveryFloor = 1024

// SealDeliveries seals every row of a scheme to its DER and adds dummies up to a power of two, at least 8. All
// envelopes have the same length and their order is shuffled, so that an outsider sees only how many DERs there are at
// most. keys finds the sealing key of a DER.
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
		// A dummy is sealed to a key that nobody keeps.
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

var ErrDeliveryTooLong = errors.New("ledger: delivery too long")

// deliveryInfo separates deliveries from schemes under the same keys.
func deliveryInfo(h *SchemeHeader) []byte {
	x := ledger.HashOf(domainDelivery, h.Chain[:])
	return x[:]
}

// ErrNotForMe says that none of the envelopes is for the key that tried them.
var ErrNotForMe = errors.New("ledger: no envelope opens with this key")

// OpenDelivery finds the envelope sealed to k and verifies the row in it against the scheme's header. Whose row it is says
// Row.DER; a DER compares it with its own name.
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
