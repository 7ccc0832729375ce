package cometbft

import (
	"bytes"
	"testing"
	"time"

	"github.com/cometbft/cometbft/crypto"
	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	"github.com/cometbft/cometbft/types"
	"github.com/cometbft/cometbft/version"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
)

// signers are four validators of equal power whose keys the test holds.
type signers struct {
	keys  []ed25519.PrivKey // in the order of the set
	set   *types.ValidatorSet
	next  *types.ValidatorSet // of the next height; nil for set
	trust ledger.TrustState
}

func newSigners(t testing.TB) *signers {
	s := &signers{}
	g := Genesis{Ledger: ledger.Genesis{Name: "finality"}}
	byKey := map[string]ed25519.PrivKey{}
	for i := range 4 {
		k := ed25519.GenPrivKeyFromSecret([]byte{byte(i)})
		byKey[string(k.PubKey().Bytes())] = k
		g.Validators = append(g.Validators, Validator{Key: [32]byte(k.PubKey().Bytes())})
	}
	var err error
	s.trust, err = g.Trust()
	require.NoError(t, err)
	s.set, err = decodeValidators(s.trust.Validators)
	require.NoError(t, err)
	for _, v := range s.set.Validators {
		s.keys = append(s.keys, byKey[string(v.PubKey.Bytes())])
	}
	return s
}

// certify signs, as the validators listed, a CometBFT header with the hash of a
// ledger header.
func (s *signers) certify(t testing.TB, h ledger.Header, comet int64, who ...int) ledger.CertifiedHeader {
	hash := h.Hash()
	next := s.next
	if next == nil {
		next = s.set
	}
	id := types.BlockID{Hash: bytes.Repeat([]byte{1}, 32), PartSetHeader: types.PartSetHeader{Total: 1, Hash: bytes.Repeat([]byte{2}, 32)}}
	header := &types.Header{
		Version: cmtversion.Consensus{Block: version.BlockProtocol}, ChainID: ChainID(s.trust.Chain), Height: comet,
		Time: time.UnixMilli(1).UTC(), LastBlockID: id, LastCommitHash: id.Hash, DataHash: id.Hash,
		ValidatorsHash: s.set.Hash(), NextValidatorsHash: next.Hash(), ConsensusHash: id.Hash, AppHash: hash[:],
		LastResultsHash: id.Hash, EvidenceHash: id.Hash, ProposerAddress: s.set.Validators[0].Address,
	}
	id.Hash = header.Hash()
	commit := &types.Commit{Height: comet, BlockID: id, Signatures: make([]types.CommitSig, len(s.keys))}
	for i := range commit.Signatures {
		commit.Signatures[i] = types.NewCommitSigAbsent()
	}
	for _, i := range who {
		address := s.set.Validators[i].Address
		vote := &types.Vote{
			Type: cmtproto.PrecommitType, Height: comet, BlockID: id, Timestamp: header.Time,
			ValidatorAddress: address, ValidatorIndex: int32(i),
		}
		signature, err := crypto.PrivKey(s.keys[i]).Sign(types.VoteSignBytes(header.ChainID, vote.ToProto()))
		require.NoError(t, err)
		commit.Signatures[i] = types.CommitSig{
			BlockIDFlag: types.BlockIDFlagCommit, ValidatorAddress: address, Timestamp: header.Time, Signature: signature,
		}
	}
	proof, err := newProof(&types.SignedHeader{Header: header, Commit: commit})
	require.NoError(t, err)
	return ledger.CertifiedHeader{Header: h, Proof: proof}
}

func TestMoreThanTwoThirdsCertify(t *testing.T) {
	s := newSigners(t)
	h := ledger.Header{Chain: s.trust.Chain, Height: 3}
	// Of four equal powers three are more than two thirds, and two are not.
	after, err := Verifier{}.Verify(s.trust, s.certify(t, h, 9, 0, 1, 3))
	require.NoError(t, err)
	require.Equal(t, uint64(3), after.Height)
	require.Equal(t, h.Hash(), after.Header)
	_, err = Verifier{}.Verify(s.trust, s.certify(t, h, 9, 0, 3))
	require.ErrorIs(t, err, ledger.ErrFinality)

	// Lower headers are confirmed and move nothing.
	lower, err := Verifier{}.Verify(after, s.certify(t, ledger.Header{Chain: s.trust.Chain, Height: 2}, 7, 0, 1, 2))
	require.NoError(t, err)
	require.Equal(t, after, lower)
}

func TestTwoCertifiedHeadersOfOneHeightFreezeTrust(t *testing.T) {
	s := newSigners(t)
	one := ledger.Header{Chain: s.trust.Chain, Height: 3}
	other := one
	other.Time = 5
	trust, err := Verifier{}.Verify(s.trust, s.certify(t, one, 9, 0, 1, 2))
	require.NoError(t, err)
	trust, err = Verifier{}.Verify(trust, s.certify(t, other, 9, 1, 2, 3))
	require.ErrorIs(t, err, ledger.ErrConflict)
	require.True(t, trust.Frozen)
	_, err = Verifier{}.Verify(trust, s.certify(t, one, 9, 0, 1, 2))
	require.ErrorIs(t, err, ledger.ErrConflict)
}

func TestWhatIsNotCertifiedIsRefused(t *testing.T) {
	s := newSigners(t)
	h := ledger.Header{Chain: s.trust.Chain, Height: 3}
	good := s.certify(t, h, 9, 0, 1, 2)
	respell := func(c *ledger.CertifiedHeader, change func(*types.SignedHeader)) {
		signed, err := decodeSignedHeader(c.Proof.Data)
		require.NoError(t, err)
		change(signed)
		c.Proof, err = newProof(signed)
		require.NoError(t, err)
	}
	for name, spoil := range map[string]func(*ledger.TrustState, *ledger.CertifiedHeader){
		"another ledger header":   func(_ *ledger.TrustState, c *ledger.CertifiedHeader) { c.Header.StateRoot[0] = 1 },
		"another chain":           func(trust *ledger.TrustState, _ *ledger.CertifiedHeader) { trust.Chain[0] ^= 1 },
		"header of another chain": func(_ *ledger.TrustState, c *ledger.CertifiedHeader) { c.Header.Chain[0] ^= 1 },
		"height of the genesis":   func(_ *ledger.TrustState, c *ledger.CertifiedHeader) { c.Header.Height = 0 },
		"another kind":            func(_ *ledger.TrustState, c *ledger.CertifiedHeader) { c.Proof.Kind = "pbft-execution" },
		"no proof":                func(_ *ledger.TrustState, c *ledger.CertifiedHeader) { c.Proof.Data = nil },
		"cut":                     func(_ *ledger.TrustState, c *ledger.CertifiedHeader) { c.Proof.Data = c.Proof.Data[:50] },
		"an unknown field appended": func(_ *ledger.TrustState, c *ledger.CertifiedHeader) {
			c.Proof.Data = append(bytes.Clone(c.Proof.Data), 0x78, 1)
		},
		"other validators": func(trust *ledger.TrustState, _ *ledger.CertifiedHeader) {
			trust.Validators = encodeValidators([]Validator{{Key: [32]byte{1}, Power: 1}})
		},
		"other powers": func(trust *ledger.TrustState, _ *ledger.CertifiedHeader) {
			trust.Validators = bytes.Clone(trust.Validators)
			trust.Validators[validatorSize-1] = 9
		},
		"a signature altered": func(_ *ledger.TrustState, c *ledger.CertifiedHeader) {
			respell(c, func(s *types.SignedHeader) { s.Commit.Signatures[1].Signature[0] ^= 1 })
		},
		"one signature for two": func(_ *ledger.TrustState, c *ledger.CertifiedHeader) {
			respell(c, func(s *types.SignedHeader) { s.Commit.Signatures[2] = s.Commit.Signatures[1] })
		},
		"a commit of another height": func(_ *ledger.TrustState, c *ledger.CertifiedHeader) {
			respell(c, func(s *types.SignedHeader) { s.Commit.Height++ })
		},
		"a commit of another block": func(_ *ledger.TrustState, c *ledger.CertifiedHeader) {
			respell(c, func(s *types.SignedHeader) { s.Header.Time = s.Header.Time.Add(1) })
		},
	} {
		trust, c := s.trust, good
		spoil(&trust, &c)
		_, err := Verifier{}.Verify(trust, c)
		require.ErrorIs(t, err, ledger.ErrFinality, name)
	}
	_, err := Verifier{}.Verify(s.trust, good)
	require.NoError(t, err)
}

func TestSetsOfValidatorsAreRefusedWithTheReason(t *testing.T) {
	two := []Validator{{Key: [32]byte{1}, Power: 1}, {Key: [32]byte{2}, Power: 3}}
	set, err := decodeValidators(encodeValidators(two))
	require.NoError(t, err)
	require.Equal(t, int64(4), set.TotalVotingPower())
	swapped := append(encodeValidators(two[1:]), encodeValidators(two[:1])...)
	for reason, b := range map[string][]byte{
		"0 validators":     nil,
		"want a multiple":  encodeValidators(two)[1:],
		"not in order":     swapped,
		"the key of":       append(encodeValidators(two[:1]), encodeValidators(two[:1])...),
		"has power 0":      encodeValidators([]Validator{{}}),
		"has power -1":     encodeValidators([]Validator{{Power: -1}}),
		"1025 validators,": bytes.Repeat(encodeValidators(two[:1]), 5000),
	} {
		_, err := decodeValidators(b)
		require.ErrorContains(t, err, reason)
	}
}

func TestFaultyCountsTheHeaviest(t *testing.T) {
	// Fewer than a third of the power: of 4 equal ones 1, of 3 equal ones none,
	// of 7 two; with powers 5 1 1 1 1 1 1 1 (12 in all) the heaviest alone is
	// past a third.
	for want, powers := range map[int][][]int64{
		0: {{1}, {1, 1, 1}, {5, 1, 1, 1, 1, 1, 1, 1}},
		1: {{1, 1, 1, 1}, {3, 3, 3, 3}, {2, 2, 1, 1, 1, 1}},
		2: {{1, 1, 1, 1, 1, 1, 1}},
	} {
		for _, p := range powers {
			var g Genesis
			for i, power := range p {
				g.Validators = append(g.Validators, Validator{Key: [32]byte{byte(i)}, Power: power})
			}
			require.Equal(t, want, faulty(g.Validators), "%v", p)
		}
	}
}

func FuzzVerify(f *testing.F) {
	s := newSigners(f)
	h := ledger.Header{Chain: s.trust.Chain, Height: 3}
	good := s.certify(f, h, 9, 0, 1, 2)
	f.Add(good.Proof.Data, s.trust.Validators)
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, proof, validators []byte) {
		trust, c := s.trust, good
		trust.Validators, c.Proof.Data = validators, proof
		after, err := Verifier{}.Verify(trust, c)
		if err != nil {
			require.ErrorIs(t, err, ledger.ErrFinality)
			require.Equal(t, trust, after)
		}
	})
}
