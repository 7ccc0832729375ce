package node

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/pbft"
)

// Genesis is the common start of a chain of nodes: its replicas with their
// addresses, its first participants, and the parameters of the protocol. All
// operators and clients have the same file. Addresses are not part of the
// chain's id, so that a machine can move.
//
//	{
//	  "name": "feeder-7",
//	  "replicas": [{"id": 0, "name": "alpha", "key": "5f…", "address": "10.0.0.1:7000"}, …],
//	  "participants": [{"name": "grid", "role": "grid", "key": "a0…", "seal": "31…"}, …],
//	  "protocol": {"checkpoint": 128, "drift_ms": 10000}
//	}
type Genesis struct {
	Name         string        `json:"name"`
	Replicas     []ReplicaCard `json:"replicas"`
	Participants []PartyCard   `json:"participants"`
	Protocol     Protocol      `json:"protocol,omitzero"`
}

// ReplicaCard is the public part of a replica.
type ReplicaCard struct {
	ID      uint32 `json:"id"`
	Name    string `json:"name"` // of the operator's machine
	Key     Hex    `json:"key"`
	Address string `json:"address"` // host and port, where other replicas and clients connect
}

// PartyCard is the public part of a participant, who signs transactions.
type PartyCard struct {
	Name string `json:"name"`
	Role string `json:"role"` // grid, vpp, der or regulator
	Key  Hex    `json:"key"`  // verifies transactions
	Seal Hex    `json:"seal"` // encrypts to the participant, by ledger.SuiteX25519
}

// Protocol has the parameters of package pbft that a consortium may set. A
// field left at zero takes the default of pbft.Genesis.
type Protocol struct {
	Checkpoint uint64 `json:"checkpoint,omitempty"` // batches between two checkpoints
	Window     uint64 `json:"window,omitempty"`     // numbers beyond the last checkpoint
	DriftMs    uint64 `json:"drift_ms,omitempty"`   // lead of a block's time over a clock, ms
	Rule       string `json:"rule,omitempty"`       // of signatures: standard (default) or batch
}

// Hex is a byte string, such as a key, that JSON holds in hexadecimal digits.
type Hex []byte

// MarshalText implements [encoding.TextMarshaler].
func (h Hex) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (h *Hex) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil {
		return fmt.Errorf("%.80q is not hexadecimal: %w", text, err)
	}
	*h = b
	return nil
}

// ReadGenesis reads the JSON of a [Genesis]. It rejects unknown keys, and its
// error lists all violations.
func ReadGenesis(r io.Reader) (Genesis, error) {
	var g Genesis
	if err := readJSON("genesis", r, &g); err != nil {
		return g, err
	}
	return g, g.Validate()
}

// readJSON decodes exactly one value without unknown keys. A misspelt key would
// otherwise have no effect, and the operators would run another chain than they
// think.
func readJSON(what string, r io.Reader, v any) error {
	b, err := io.ReadAll(io.LimitReader(r, maxJSON+1))
	if err != nil {
		return fmt.Errorf("node: %s: %w", what, err)
	}
	if len(b) > maxJSON {
		return fmt.Errorf("node: %s: more than %d bytes", what, maxJSON)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("node: %s: line %d: %w", what, 1+bytes.Count(b[:min(int(d.InputOffset()), len(b))], []byte("\n")),
			errors.New(strings.TrimPrefix(err.Error(), "json: ")))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("node: %s: text after the value; remove it", what)
	}
	return nil
}

// maxJSON bounds the files of this package in bytes. A genesis of 100,000
// participants has 25 MB.
const maxJSON = 64 << 20

// roles are the names of roles in files.
var roles = map[string]ledger.Role{
	"grid": ledger.RoleGrid, "vpp": ledger.RoleVPP, "der": ledger.RoleDER, "regulator": ledger.RoleRegulator,
}

// RoleByName returns a role by its name, such as "vpp".
func RoleByName(name string) (ledger.Role, error) {
	if r, ok := roles[name]; ok {
		return r, nil
	}
	return 0, fmt.Errorf("node: role %q, want grid, vpp, der or regulator", name)
}

// rules are the names of signature rules in files.
var rules = map[string]pbft.Rule{"": pbft.StandardRule, "standard": pbft.StandardRule, "batch": pbft.BatchRule}

// Validate returns all violations.
func (g *Genesis) Validate() error {
	bad := faults.List{Prefix: "node: genesis: "}
	names, addresses := map[string]bool{}, map[string]bool{}
	for _, r := range g.Replicas {
		bad.Require(r.Name != "" && !names[r.Name], "replica %d has the name %q, want a name that no other replica has", r.ID, r.Name)
		bad.Require(len(r.Key) == 32, "replica %q: key has %d bytes, want 32", r.Name, len(r.Key))
		if err := checkAddress(r.Address); err != nil {
			bad.Addf("replica %q: %w", r.Name, err)
		}
		bad.Require(!addresses[r.Address], "replica %q: another replica has the address %s", r.Name, r.Address)
		names[r.Name], addresses[r.Address] = true, true
	}
	for _, p := range g.Participants {
		if _, err := RoleByName(p.Role); err != nil {
			bad.Addf("participant %q: role %q, want grid, vpp, der or regulator", p.Name, p.Role)
		}
		bad.Require(len(p.Key) == 32, "participant %q: key has %d bytes, want 32", p.Name, len(p.Key))
	}
	_, known := rules[g.Protocol.Rule]
	bad.Require(known, "protocol: rule %q, want standard or batch", g.Protocol.Rule)
	if bad.Len() > 0 { // the checks below need whole keys
		return bad.Err()
	}
	// The packages below check their own rules, such as distinct keys and the
	// limits of parameters.
	_, err := g.PBFT().WithDefaults()
	bad.Add(err)
	_, err = ledger.NewMachine(ledger.Hash{}, g.Ledger())
	bad.Add(err)
	return bad.Err()
}

// checkAddress checks host and port.
func checkAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" || port == "" {
		return fmt.Errorf("address %q, want host and port, such as 10.0.0.1:7000", address)
	}
	return nil
}

// Ledger returns the genesis of the ledger. Participants act from height 0 on
// and without end.
func (g *Genesis) Ledger() ledger.Genesis {
	out := ledger.Genesis{Name: g.Name}
	for _, p := range g.Participants {
		id := ledger.Identity{ID: p.Name, Role: roles[p.Role], Seal: ledger.SealKey{Suite: ledger.SuiteX25519(), Public: p.Seal}}
		copy(id.Key[:], p.Key)
		out.Identities = append(out.Identities, id)
	}
	return out
}

// PBFT returns the genesis of the protocol. Its name contains the hash of the
// ledger's genesis, so that the chain's id covers the participants.
func (g *Genesis) PBFT() pbft.Genesis {
	// Addresses and names stay out, so that a machine can move without a new
	// chain.
	var members []pbft.Member
	for _, r := range g.Replicas {
		m := pbft.Member{ID: pbft.ReplicaID(r.ID)}
		copy(m.Key[:], r.Key)
		members = append(members, m)
	}
	out := engine.PBFTGenesis(g.Ledger(), members, rules[g.Protocol.Rule])
	out.Checkpoint, out.Window, out.Drift = g.Protocol.Checkpoint, g.Protocol.Window, g.Protocol.DriftMs
	return out
}

// Chain returns the chain's id. Operators compare it before they start.
func (g *Genesis) Chain() (ledger.Hash, error) {
	chain, err := g.PBFT().Chain()
	return ledger.Hash(chain), err
}

// replica returns the card of a replica, and false if the genesis has none with
// the key.
func (g *Genesis) replica(key pbft.PublicKey) (ReplicaCard, bool) {
	i := slices.IndexFunc(g.Replicas, func(r ReplicaCard) bool { return bytes.Equal(r.Key, key[:]) })
	if i < 0 {
		return ReplicaCard{}, false
	}
	return g.Replicas[i], true
}

// WriteJSON writes a value of this package as JSON with indentation.
func WriteJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
