package client_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
	"github.com/trigrid/trigrid/ledger/contracts"
	"github.com/trigrid/trigrid/ledger/internal/testnet"
)

// TestExportsAreFrozen compares the SHA-256 of whole exports, with refusals,
// trades and rotated keys, with known values. A difference means that existing
// chains cannot be replayed.
func TestExportsAreFrozen(t *testing.T) {
	for replicas, want := range map[int]string{
		1: "a819e8c6ab00a983780b30e0427f0bd378480d0f3471740ab63642cf3361ed5f",
		4: "4afe0e94b101033be441b221866d64eac839d8c17d41b4351c5db64290b63e5c",
	} {
		n := testnet.Start(t, 1, replicas)
		ctx, s := t.Context(), testnet.Sender{T: t, N: n}
		s.Refused("weights.sum", s.Send("grid", &contracts.PublishWeights{Weights: contracts.Weights{Economic: 1, Version: 1}}))
		s.Refused("tx.kind", s.Send("W1", &ledger.RawMessage{Name: "nothing.known"}))
		s.Refused("clock.malformed", s.Send("grid", &ledger.RawMessage{Name: "clock.heartbeat", Body: []byte{1}}))
		s.Refused("scheme.role", s.Send("W1", &contracts.SubmitScheme{}))
		runLoop(t, ctx, n, 1)
		require.NoError(t, n.Contest(ctx, 1, "vpp-1"))
		require.NoError(t, n.Quota(ctx, 1, "carbon", "vpp-1", 120, 100))
		require.NoError(t, n.Quota(ctx, 1, "carbon", "vpp-2", 80, 90))
		offer := contracts.ProposeTrade{Period: 1, Commodity: "carbon", Buyer: "vpp-1", Amount: 20 * ledger.One, Price: 1_000}
		_, err := n.Trade(ctx, "regulator", "vpp-2", offer, nil)
		require.NoError(t, err)
		require.NoError(t, n.RotateKeys(ctx, "grid"))
		runLoop(t, ctx, n, 2)
		var b bytes.Buffer
		require.NoError(t, n.Export(ctx, &b))
		sum := sha256.Sum256(b.Bytes())
		require.Equal(t, want, hex.EncodeToString(sum[:]), "%d replicas", replicas)
	}
}
