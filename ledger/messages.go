package ledger

import "fmt"

// newMessage makes an empty message of a kind that this package knows, or nil.
func newMessage(kind string) Message {
	switch kind {
	case "identity.register":
		return &RegisterIdentity{}
	case "identity.rotate":
		return &RotateKeys{}
	case "identity.revoke":
		return &RevokeIdentity{}
	case "clock.heartbeat":
		return &Heartbeat{}
	case "state.read":
		return &ReadState{}
	case "weights.publish":
		return &PublishWeights{}
	case "scheme.submit":
		return &SubmitScheme{}
	case "scheme.verdict":
		return &SchemeVerdict{}
	case "scheme.deliver":
		return &DeliverRows{}
	case "scheme.disclose":
		return &DiscloseScheme{}
	case "choice.open":
		return &OpenRound{}
	case "choice.commit":
		return &CommitChoice{}
	case "choice.reveal":
		return &RevealChoice{}
	case "choice.close":
		return &CloseRound{}
	case "settlement.settle":
		return &SettlePeriod{}
	case "quota.forecast":
		return &Forecast{}
	case "quota.set":
		return &SetQuota{}
	case "quota.propose":
		return &ProposeTrade{}
	case "quota.accept":
		return &AcceptTrade{}
	case "quota.review":
		return &ReviewTrade{}
	}
	return nil
}

// DecodeMessage reads the message in a transaction. One for a contract outside this package is returned as a
// *[RawMessage].
func DecodeMessage(tx *Tx) (kind string, m Message, err error) {
	var e envelope
	if err := decode("operation", tx.Operation, &e); err != nil {
		return "", nil, err
	}
	if m = newMessage(e.kind); m == nil {
		return e.kind, &RawMessage{Name: e.kind, Body: e.body}, nil
	}
	if err := decode(e.kind, e.body, m); err != nil {
		return e.kind, nil, fmt.Errorf("ledger: message: %w", err)
	}
	return e.kind, m, nil
}
