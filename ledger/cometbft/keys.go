package cometbft

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
)

// Keys are a node's signing keys, for votes and for connections. They are in
// CometBFT's files below the node's home, beside the last vote. Without that
// file a validator may vote twice.
type Keys struct {
	Validator Validator // of power 1
	Node      string    // the node's id, the part of a peer's address before "@"

	votes *privval.FilePV
	node  *p2p.NodeKey
}

// LoadKeys reads the keys below a node's home, and makes them if there are
// none.
//
// For example, the first call for a new node makes its keys, and later calls
// return the same ones.
func LoadKeys(home string) (Keys, error) {
	cfg := DefaultConfig(home)
	key, state := cfg.PrivValidatorKeyFile(), cfg.PrivValidatorStateFile()
	for _, file := range []string{key, state, cfg.NodeKeyFile()} {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return Keys{}, fmt.Errorf("cometbft: keys: %w", err)
		}
	}
	// CometBFT's loader ends the process on a damaged file, so the files are
	// read here first.
	hasKey, err := readable(key, &privval.FilePVKey{})
	if err != nil {
		return Keys{}, err
	}
	hasState, err := readable(state, &privval.FilePVLastSignState{})
	if err != nil {
		return Keys{}, err
	}
	// A new key with an old state, or the reverse, would lose the last vote.
	if hasKey != hasState {
		return Keys{}, fmt.Errorf("cometbft: only one of %s and %s exists; restore the other one, or a vote could be given twice", key, state)
	}
	votes := privval.LoadOrGenFilePV(key, state)
	node, err := p2p.LoadOrGenNodeKey(cfg.NodeKeyFile())
	if err != nil {
		return Keys{}, fmt.Errorf("cometbft: key of the node: %w", err)
	}
	k := Keys{Node: string(node.ID()), Validator: Validator{Power: 1}, votes: votes, node: node}
	if public := votes.Key.PubKey.Bytes(); len(public) != len(k.Validator.Key) || votes.Key.PubKey.Type() != "ed25519" {
		return Keys{}, fmt.Errorf("cometbft: %s has a key of type %q, want ed25519", key, votes.Key.PubKey.Type())
	}
	copy(k.Validator.Key[:], votes.Key.PubKey.Bytes())
	return k, nil
}

// readable reports whether the file exists, and returns an error if it does not
// decode.
func readable(file string, into any) (there bool, err error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = cmtjson.Unmarshal(b, into)
	}
	if err != nil {
		return false, fmt.Errorf("cometbft: %s: %w", file, err)
	}
	return true, nil
}
