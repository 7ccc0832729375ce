package client_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/client"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/engine"
	"github.com/trigrid/trigrid/ledger/internal/testnet"
)

// fleetNet is the network of testnet in period 1, with two accepted schemes. W1
// is a class of 1000 DERs and B1 one of 7. T1 and W2 are single DERs.
func fleetNet(t *testing.T) *client.Network {
	t.Helper()
	n := testnet.Start(t, 3, 1)
	ctx := t.Context()
	require.NoError(t, n.RegisterClass(ctx, "W1", 1000))
	require.NoError(t, n.RegisterClass(ctx, "B1", 7))
	openPeriod(t, n, 1)
	return n
}

func openPeriod(t *testing.T, n *client.Network, period uint64) {
	t.Helper()
	ctx := t.Context()
	require.NoError(t, n.PublishWeights(ctx, period, [3]float64{0.4, 0.2, 0.4}))
	for _, vpp := range []string{"vpp-1", "vpp-2"} {
		require.NoError(t, n.SubmitScheme(ctx, period, vpp, testnet.Scheme("W1", "W2", "T1", "B1")))
	}
	_, err := n.Decide(ctx, period, nil)
	require.NoError(t, err)
}

var fleetSplits = map[string]map[string]uint64{"W1": {"vpp-1": 600, "vpp-2": 300}, "B1": {"vpp-1": 2, "vpp-2": 4}}

// Every DER of two classes proves a payment in the VPP where the draw placed
// it, or is outside; the payments add up to the lines of the classes. B1 has
// two DERs in vpp-1, which share a root with those in vpp-2, because the amount
// of two would show that of one.
func TestFleetOfDERsProvesEachPayment(t *testing.T) {
	n := fleetNet(t)
	ctx := t.Context()
	round, err := n.Split(ctx, 1, fleetSplits, map[string]string{"T1": "vpp-2"})
	require.NoError(t, err)
	state, err := n.Round(ctx, 1, round)
	require.NoError(t, err)
	require.True(t, state.Closed)

	amounts := map[string]map[string]ledger.Money{"W1": {"vpp-1": 70_001, "vpp-2": 29_999}, "B1": {"vpp-1": -3, "vpp-2": 10}}
	s := testnet.Sender{T: t, N: n}
	require.ErrorContains(t, n.SettleClass(ctx, 1, "W1", amounts["W1"]), "not settled")
	require.NoError(t, n.Settle(ctx, 1, []client.Payment{
		{Party: "grid", Amount: -100_027}, {Party: "W1", Amount: 100_000}, {Party: "T1", Amount: 20}, {Party: "B1", Amount: 7},
	}))
	s.Refused("class.total", n.SettleClass(ctx, 1, "W1", map[string]ledger.Money{"vpp-1": 70_001, "vpp-2": 29_998}))
	s.Refused("class.total", n.SettleClass(ctx, 1, "W1", map[string]ledger.Money{"vpp-1": 100_000, "vpp-2": 1}))
	for class, of := range amounts {
		require.NoError(t, n.SettleClass(ctx, 1, class, of))
	}
	s.Refused("class.settled", n.SettleClass(ctx, 1, "W1", amounts["W1"]))

	verifier, trust := n.Engine().Trust()
	for class, count := range map[string]uint64{"W1": 1000, "B1": 7} {
		draw, split, err := n.Draw(ctx, 1, class)
		require.NoError(t, err)
		paid, members, step := map[string]ledger.Money{}, map[string]uint64{}, uint64(1)
		for i := uint64(0); i < count; i += step {
			vpp, within := contracts.VPPAt(split.Parts, draw.Place(i))
			p, path, err := n.ProveMember(ctx, 1, class, i)
			if vpp == "" {
				require.ErrorContains(t, err, "outside")
				continue
			}
			require.NoError(t, err)
			where, err := p.Verify(verifier, trust)
			require.NoError(t, err)
			require.NoError(t, p.VerifyMember(path))
			require.Equal(t, vpp, where)
			// The payment of one of m equal DERs, by hand: the quotient, and
			// one hundredth more for the first ones.
			total, m := int64(amounts[class][vpp]), int64(fleetSplits[class][vpp])
			each := (total - ((total%m)+m)%m) / m
			if int64(within) < ((total%m)+m)%m {
				each++
			}
			require.Equal(t, ledger.Money(each), p.Payment.Amount)
			require.LessOrEqual(t, len(p.Path.Siblings), 10)
			paid[vpp] += p.Payment.Amount
			members[vpp]++
		}
		require.Equal(t, amounts[class], paid)
		require.Equal(t, fleetSplits[class], members)
	}
	settled, _, err := n.ProveMember(ctx, 1, "B1", firstIn(t, n, "B1"))
	require.NoError(t, err)
	require.Len(t, settled.Record.Groups, 1)
	require.Equal(t, uint64(6), settled.Record.Groups[0].Count)
}

// firstIn returns the first DER of a class that has a VPP.
func firstIn(t *testing.T, n *client.Network, class string) uint64 {
	t.Helper()
	draw, split, err := n.Draw(t.Context(), 1, class)
	require.NoError(t, err)
	for i := uint64(0); ; i++ {
		if vpp, _ := contracts.VPPAt(split.Parts, draw.Place(i)); vpp != "" {
			return i
		}
	}
}

// No change of a proof verifies.
func TestFleetProofsOfOtherPaymentsAreRefused(t *testing.T) {
	n := fleetNet(t)
	ctx := t.Context()
	_, err := n.Split(ctx, 1, fleetSplits, nil)
	require.NoError(t, err)
	require.NoError(t, n.Settle(ctx, 1, []client.Payment{{Party: "grid", Amount: -900}, {Party: "W1", Amount: 900}}))
	require.NoError(t, n.SettleClass(ctx, 1, "W1", map[string]ledger.Money{"vpp-1": 600, "vpp-2": 300}))
	i := firstIn(t, n, "W1")
	proof, path, err := n.ProveMember(ctx, 1, "W1", i)
	require.NoError(t, err)
	verifier, trust := n.Engine().Trust()
	b, err := proof.MarshalBinary()
	require.NoError(t, err)
	again := func() *contracts.MemberProof {
		var p contracts.MemberProof
		require.NoError(t, p.UnmarshalBinary(bytes.Clone(b)))
		return &p
	}
	_, err = again().Verify(verifier, trust)
	require.NoError(t, err)
	for name, forge := range map[string]func(*contracts.MemberProof){
		"amount":       func(p *contracts.MemberProof) { p.Payment.Amount++ },
		"number":       func(p *contracts.MemberProof) { p.Payment.Number++ },
		"far number":   func(p *contracts.MemberProof) { p.Payment.Number = 1000 },
		"commitment":   func(p *contracts.MemberProof) { p.Payment.Commitment[0] ^= 1 },
		"member":       func(p *contracts.MemberProof) { p.Member = client.MemberName("W1", i+1) },
		"salt":         func(p *contracts.MemberProof) { p.Salt[0] ^= 1 },
		"class":        func(p *contracts.MemberProof) { p.Class = "B1" },
		"period":       func(p *contracts.MemberProof) { p.Period++ },
		"index":        func(p *contracts.MemberProof) { p.Path.Index ^= 1 },
		"size":         func(p *contracts.MemberProof) { p.Path.Size++ },
		"sibling":      func(p *contracts.MemberProof) { p.Path.Siblings[0].Hash[0] ^= 1 },
		"sibling sum":  func(p *contracts.MemberProof) { p.Path.Siblings[2].Sum++ },
		"short path":   func(p *contracts.MemberProof) { p.Path.Siblings = p.Path.Siblings[1:] },
		"long path":    func(p *contracts.MemberProof) { p.Path.Siblings = append(p.Path.Siblings, p.Path.Siblings[0]) },
		"root":         func(p *contracts.MemberProof) { p.Record.Groups[0].Root.Sum++ },
		"split":        func(p *contracts.MemberProof) { p.Record.Split.Parts[0].Count++ },
		"seed":         func(p *contracts.MemberProof) { p.Record.Seed[0] ^= 1 },
		"class size":   func(p *contracts.MemberProof) { p.Record.Class.Count++ },
		"record total": func(p *contracts.MemberProof) { p.Record.Amount++ },
		"state root":   func(p *contracts.MemberProof) { p.Header.Header.StateRoot[0] ^= 1 },
	} {
		p := again()
		forge(p)
		_, err := p.Verify(verifier, trust)
		require.Error(t, err, name)
	}
	require.NoError(t, proof.VerifyMember(path))
	other := path
	other.Index++
	require.Error(t, proof.VerifyMember(other))
	other = path
	other.Siblings = other.Siblings[1:]
	require.Error(t, proof.VerifyMember(other))
}

// A class registers once and before the round, splits no more DERs than it has,
// and reveals what it committed.
func TestFleetRefusesWrongRegistrationsAndSplits(t *testing.T) {
	n := fleetNet(t)
	ctx, s := t.Context(), testnet.Sender{T: t, N: n}
	s.Refused("class.twice", n.RegisterClass(ctx, "W1", 1000))
	s.Refused("class.size", n.RegisterClass(ctx, "W2", contracts.MaxClass+1))
	s.Refused("class.size", s.Send("W2", &contracts.RegisterClass{}))
	s.Refused("class.role", s.Send("vpp-1", &contracts.RegisterClass{Count: 5}))
	s.Refused("class.unknown", s.Send("T1", &contracts.SettleClass{Period: 1}))
	s.Refused("class.period", s.Send("W1", &contracts.SettleClass{Period: 1}))
	_, err := n.Split(ctx, 1, map[string]map[string]uint64{"T1": {"vpp-1": 1}}, nil)
	require.ErrorContains(t, err, "not registered")

	_, err = n.OpenRound(ctx, 1)
	require.NoError(t, err)
	split := func(parts ...contracts.SplitPart) *contracts.RevealSplit {
		return &contracts.RevealSplit{Period: 1, Round: 1, Parts: parts, Salt: [32]byte{9}}
	}
	chain := n.Engine().Chain()
	late := split(contracts.SplitPart{VPP: "vpp-1", Count: 2})
	require.NoError(t, n.RegisterClass(ctx, "T1", 5), "for later rounds")
	many := split(contracts.SplitPart{VPP: "vpp-1", Count: 1001})
	for class, m := range map[string]*contracts.RevealSplit{"W1": many, "T1": late, "B1": split(contracts.SplitPart{VPP: "vpp-2", Count: 1}, contracts.SplitPart{VPP: "vpp-1", Count: 1})} {
		require.NoError(t, s.Send(class, &contracts.CommitChoice{Period: 1, Round: 1, Commitment: contracts.SplitCommitment(chain, class, m)}))
	}
	s.Refused("choice.early", s.Send("W1", many))
	_, err = n.CommitChoice(ctx, 1, 1, "W2", "")
	require.NoError(t, err)
	s.Refused("choice.count", s.Send("W1", many))
	s.Refused("choice.commitment", s.Send("W1", split(contracts.SplitPart{VPP: "vpp-1", Count: 1000})))
	s.Refused("choice.class", s.Send("T1", late))
	s.Refused("choice.order", s.Send("B1", split(contracts.SplitPart{VPP: "vpp-2", Count: 1}, contracts.SplitPart{VPP: "vpp-1", Count: 1})))
	s.Refused("choice.class", s.Send("W2", split()))
}

// The DERs that a split gives to a VPP without an accepted scheme stay outside,
// without payment.
func TestFleetPartWithoutASchemeStaysOutside(t *testing.T) {
	n := testnet.StartWindows(t, 4, 1, testnet.ShortSchemes())
	ctx := t.Context()
	require.NoError(t, n.RegisterClass(ctx, "W1", 100))
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{0.4, 0.2, 0.4}))
	require.NoError(t, n.SubmitScheme(ctx, 1, "vpp-2", testnet.Scheme("W1")))
	_, err := n.Decide(ctx, 1, nil)
	require.NoError(t, err)
	require.NoError(t, n.Heartbeat(ctx, 4)) // vpp-1 has no scheme when the phase ends
	_, err = n.Split(ctx, 1, map[string]map[string]uint64{"W1": {"vpp-1": 60, "vpp-2": 40}}, nil)
	require.NoError(t, err)
	require.NoError(t, n.Settle(ctx, 1, []client.Payment{{Party: "grid", Amount: -80}, {Party: "W1", Amount: 80}}))
	require.NoError(t, n.SettleClass(ctx, 1, "W1", map[string]ledger.Money{"vpp-2": 80}))
	draw, split, err := n.Draw(ctx, 1, "W1")
	require.NoError(t, err)
	require.Equal(t, []string{"vpp-1"}, split.Void)
	paid := 0
	for i := range uint64(100) {
		p, _, err := n.ProveMember(ctx, 1, "W1", i)
		if vpp, _ := contracts.VPPAt(split.Parts, draw.Place(i)); vpp != "vpp-2" {
			require.Error(t, err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, ledger.Money(2), p.Payment.Amount)
		paid++
	}
	require.Equal(t, 40, paid)
}

// Other salts give another draw, and each period has its own.
func TestFleetDrawFollowsFromTheSalts(t *testing.T) {
	places := func(seed byte, period uint64) []uint64 {
		random := rand.NewChaCha8([32]byte{seed})
		n, err := client.NewNetwork(t.Context(), client.NetworkConfig{Members: testnet.Members(), Random: random, Engine: func(g ledger.Genesis, loop []ledger.Contract) (ledger.Engine, error) {
			return engine.NewChain(engine.ChainConfig{Genesis: g, Contracts: loop, Random: random})
		}})
		require.NoError(t, err)
		defer n.Close()
		require.NoError(t, n.RegisterClass(t.Context(), "W1", 200))
		openPeriod(t, n, period)
		_, err = n.Split(t.Context(), period, map[string]map[string]uint64{"W1": {"vpp-1": 100}}, nil)
		require.NoError(t, err)
		draw, _, err := n.Draw(t.Context(), period, "W1")
		require.NoError(t, err)
		var out []uint64
		for i := range uint64(200) {
			out = append(out, draw.Place(i))
		}
		return out
	}
	first := places(1, 1)
	require.Equal(t, first, places(1, 1))
	require.NotEqual(t, first, places(2, 1))
	require.NotEqual(t, first, places(1, 2))
}
