package cometbft

import (
	"sync"

	dbm "github.com/cometbft/cometbft-db"
	"github.com/cometbft/cometbft/config"
)

// store is a CometBFT database that can be read after Close and is then empty.
// CometBFT closes its databases while goroutines that serve peers may still
// read, and panics if such a read fails; an absent value is handled. All
// writers have ended before.
type store struct {
	dbm.DB
	mu     sync.RWMutex
	closed bool
}

// openStore opens a database of a node. It is the [config.DBProvider] of nodes.
func openStore(c *config.DBContext) (dbm.DB, error) {
	db, err := config.DefaultDBProvider(c)
	if err != nil {
		return nil, err
	}
	return &store{DB: db}, nil
}

// Get implements [dbm.DB].
func (s *store) Get(key []byte) ([]byte, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, nil
	}
	return s.DB.Get(key)
}

// Has implements [dbm.DB].
func (s *store) Has(key []byte) (bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return false, nil
	}
	return s.DB.Has(key)
}

// Close implements [dbm.DB].
func (s *store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return s.DB.Close()
}
