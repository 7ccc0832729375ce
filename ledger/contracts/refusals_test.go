package contracts_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/internal/testnet"
)

func TestARefusedDERCannotChooseTheVPP(t *testing.T) {
	n := testnet.Start(t, 1, 1)
	ctx, s := t.Context(), testnet.Sender{T: t, N: n}
	refuse := func(ders ...string) *contracts.RefuseDERs {
		m := &contracts.RefuseDERs{Period: 1}
		for _, d := range ders {
			m.List = append(m.List, contracts.Refused{DER: d, Loss: 4000})
		}
		return m
	}
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	s.Refused("choice.vpp", s.Send("vpp-1", refuse("W1")))
	for _, p := range []string{"vpp-1", "vpp-2"} {
		require.NoError(t, n.SubmitScheme(ctx, 1, p, testnet.Scheme("W1")))
	}
	_, err := n.Decide(ctx, 1, nil)
	require.NoError(t, err)

	s.Refused("choice.role", s.Send("grid", refuse("W1")))
	s.Refused("choice.refusals", s.Send("vpp-1", refuse()))
	s.Refused("choice.refusals", s.Send("vpp-1", refuse("W1", "W1")))
	s.Refused("choice.refusals", s.Send("vpp-1", refuse("vpp-2")))
	none, err := n.Refusals(ctx, 1, "vpp-1")
	require.NoError(t, err)
	require.Empty(t, none)
	list := []contracts.Refused{{DER: "W1", Loss: 4000}, {DER: "T1", Loss: -1}}
	require.NoError(t, n.RefuseDERs(ctx, 1, "vpp-1", list))
	got, err := n.Refusals(ctx, 1, "vpp-1")
	require.NoError(t, err)
	require.Equal(t, []contracts.Refused{{DER: "T1", Loss: -1}, {DER: "W1", Loss: 4000}}, got)
	s.Refused("choice.twice", s.Send("vpp-1", refuse("W1")))

	// The other VPP admits W1.
	_, err = n.Choose(ctx, 1, map[string]string{"W1": "vpp-1"})
	s.Refused("choice.refused", err)
	s.Refused("choice.round", s.Send("vpp-2", refuse("W1")))
}
