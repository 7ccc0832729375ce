package sim

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"strconv"

	"github.com/trigrid/trigrid/pbft"
)

// registers is the default application: named 64-bit registers. The operations
// are
//
//	add NAME N     adds N to the register
//	set NAME N     sets the register to N
//	get NAME       changes nothing
//	members ID…    requests a new set of replicas
//
// The result is the register's value afterwards, "planned" for members, and
// "refused" for anything else. The time of the last batch is part of the state,
// so that replicas with different times differ.
type registers struct {
	values map[string]int64
	time   int64                               // of the last batch
	keys   func(pbft.ReplicaID) pbft.PublicKey // of the replicas, for the operation members
}

// newRegisters returns an application whose registers are all zero.
func newRegisters(keys func(pbft.ReplicaID) pbft.PublicKey) *registers {
	return &registers{values: map[string]int64{}, keys: keys}
}

// Apply implements [pbft.Application].
func (r *registers) Apply(b pbft.OrderedRequests) pbft.Outcome {
	var out pbft.Outcome
	r.time = b.Time
	for _, q := range b.Requests {
		out.Results = append(out.Results, r.apply(q.Operation, &out))
		clear(q.Operation) // Apply owns its argument; a node that shares it is noticed
	}
	out.Root = r.Root()
	return out
}

// apply executes one operation and returns its result.
func (r *registers) apply(operation []byte, out *pbft.Outcome) []byte {
	f := bytes.Fields(operation)
	// A later operation in the same batch replaces the set.
	if len(f) > 1 && string(f[0]) == "members" {
		out.Members = nil
		for _, x := range f[1:] {
			id, err := strconv.ParseUint(string(x), 10, 32)
			if err != nil {
				return []byte("refused")
			}
			out.Members = append(out.Members, pbft.Member{ID: pbft.ReplicaID(id), Key: r.keys(pbft.ReplicaID(id))})
		}
		return []byte("planned")
	}
	if len(f) < 2 {
		return []byte("refused")
	}
	// A register that was never set is 0.
	name := string(f[1])
	// "get" has two fields and only reads.
	if len(f) == 3 {
		v, err := strconv.ParseInt(string(f[2]), 10, 64)
		if err != nil {
			return []byte("refused")
		}
		if string(f[0]) == "add" {
			v += r.values[name]
		}
		r.values[name] = v
	}
	return strconv.AppendInt(nil, r.values[name], 10)
}

// Root implements [pbft.Application].
func (r *registers) Root() pbft.Digest { return sha256.Sum256(r.Snapshot()) }

// Snapshot implements [pbft.Application]: the time in 8 bytes, then per
// register the length of its name, the name and the value, in order of name.
func (r *registers) Snapshot() []byte {
	// Sorted names give equal states equal bytes.
	b := binary.BigEndian.AppendUint64(nil, uint64(r.time))
	for _, name := range slices.Sorted(maps.Keys(r.values)) {
		b = append(b, byte(len(name)))
		b = append(b, name...)
		b = binary.BigEndian.AppendUint64(b, uint64(r.values[name]))
	}
	return b
}

// Restore implements [pbft.Application].
func (r *registers) Restore(b []byte) error {
	if len(b) < 8 {
		return errSnapshot
	}
	r.time, b = int64(binary.BigEndian.Uint64(b)), b[8:]
	r.values = map[string]int64{}
	for len(b) > 0 {
		n := int(b[0])
		if len(b) < 1+n+8 {
			return errSnapshot
		}
		r.values[string(b[1:1+n])] = int64(binary.BigEndian.Uint64(b[1+n:]))
		b = b[1+n+8:]
	}
	return nil
}
