package replica_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/pbft"
	"github.com/trigrid/trigrid/pbft/replica"
)

// damagedReplica is replica 3 of a cluster that runs without it, and its log.
type damagedReplica struct {
	t       *testing.T
	cluster *replica.Cluster
	app     *tape
}

// start starts replica 3 with a storage.
func (d *damagedReplica) start(s replica.Storage) *replica.Driver {
	d.t.Helper()
	d.app = &tape{}
	driver, err := replica.StartDriver(replica.DriverConfig{
		Node:      pbft.Config{ID: 3, Genesis: d.cluster.Genesis, Signer: d.cluster.Signer(3), Application: d.app},
		Transport: d.cluster.Rejoin(3), Storage: s,
	})
	require.NoError(d.t, err)
	d.t.Cleanup(func() { _ = driver.Close() })
	return driver
}

// TestDamagedLogIsRepairedFromPeers damages the log of a stopped replica. It is
// refused, repaired, and the replica observes, also after a stop in between,
// until it votes again with the state of the others.
func TestDamagedLogIsRepairedFromPeers(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		c, client, _ := start(t, replica.ClusterConfig{
			Genesis: pbft.Genesis{Checkpoint: 4, Window: 8},
			Storage: func(id pbft.ReplicaID) (replica.Storage, error) {
				if id == 3 {
					return openLog(dir)
				}
				return &pbft.MemoryStorage{}, nil
			},
		})
		call(t, client, 10)
		settle(t, c.Drivers)
		require.NoError(t, c.Drivers[3].Close())
		require.NoError(t, c.CloseStorage(3))
		segments, err := filepath.Glob(filepath.Join(dir, "segment-*"))
		require.NoError(t, err)
		name := segments[len(segments)-1]
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		b[len(b)/2] ^= 1
		require.NoError(t, os.WriteFile(name, b, 0o600))
		_, err = replica.OpenFileStorage(dir)
		require.ErrorIs(t, err, replica.ErrDamaged)

		// An interrupted repair leaves no head. The folder must not become that
		// of a new replica.
		require.NoError(t, os.Mkdir(filepath.Join(dir, "lost-0"), 0o700))
		_, err = replica.CreateFileStorage(dir)
		require.ErrorIs(t, err, replica.ErrDamaged)

		d := &damagedReplica{t: t, cluster: c}
		s, err := replica.RepairFileStorage(dir)
		require.NoError(t, err)
		require.True(t, s.Observing())
		driver := d.start(s)
		state, err := driver.State()
		require.NoError(t, err)
		require.True(t, state.Observer)
		require.NoError(t, driver.Close())
		require.NoError(t, s.Close())

		// The new log is intact, but has no votes either.
		s, err = replica.OpenFileStorage(dir)
		require.NoError(t, err)
		require.True(t, s.Observing())
		driver = d.start(s)
		for i := 0; ; i++ {
			state, err = driver.State()
			require.NoError(t, err)
			if !state.Observer {
				break
			}
			require.Less(t, i, 1000, "%+v", state)
			call(t, client, 1)
			time.Sleep(20 * time.Millisecond) // of the bubble: an observer acts at its ticks
		}
		// It votes: without replica 2, the three others are a quorum.
		call(t, client, 5)
		require.NoError(t, c.Drivers[2].Close())
		call(t, client, 5)
		require.NoError(t, driver.Close())
		require.False(t, s.Observing())
		require.NoError(t, s.Close())
		lost, err := filepath.Glob(filepath.Join(dir, "lost-*", "segment-*"))
		require.NoError(t, err)
		require.Len(t, lost, len(segments), "the damaged files are kept")
	})
}

// TestOldCopyOfALogIsRefused restores a copy of the folder after a later start,
// and a copy from before a checkpoint.
func TestOldCopyOfALogIsRefused(t *testing.T) {
	root := t.TempDir()
	dir, guard := filepath.Join(root, "log"), filepath.Join(root, "guard")
	owner := replica.Owner{Chain: pbft.Digest{1}, Replica: 2}
	restore := func(name string) {
		require.NoError(t, os.RemoveAll(dir))
		require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join(root, name))))
	}
	save := func(name string) { require.NoError(t, os.CopyFS(filepath.Join(root, name), os.DirFS(dir))) }
	run := func(open func(string) (*replica.FileStorage, error), then func(s *replica.FileStorage)) error {
		s, err := open(dir)
		if err != nil {
			return err
		}
		defer func() { require.NoError(t, s.Close()) }()
		if err := s.Guard(guard); err != nil {
			return err
		}
		require.NoError(t, s.Claim(owner))
		then(s)
		return nil
	}
	idle := func(*replica.FileStorage) {}
	require.NoError(t, run(replica.CreateFileStorage, idle))
	save("first")
	require.NoError(t, run(replica.OpenFileStorage, func(s *replica.FileStorage) {
		save("second")
		stable := pbft.Record{Stable: &pbft.StableRecord{State: pbft.NewStateParts([]byte("state"))}}
		stable.Stable.Certificate.Header.Seq = 4
		require.NoError(t, s.Append([]pbft.Record{stable}))
	}))
	save("third")
	for _, name := range []string{"first", "second"} {
		restore(name)
		require.ErrorIs(t, run(replica.OpenFileStorage, idle), replica.ErrOldLog, name)
	}
	restore("third")
	require.NoError(t, run(replica.OpenFileStorage, idle))

	// The way on is a repair, after which the replica observes.
	restore("first")
	s, err := replica.RepairGuarded(dir, guard)
	require.NoError(t, err)
	require.NoError(t, s.Claim(owner))
	require.True(t, s.Observing())
	require.NoError(t, s.Close())
	require.NoError(t, run(replica.OpenFileStorage, func(s *replica.FileStorage) { require.True(t, s.Observing()) }))

	require.NoError(t, os.WriteFile(guard, []byte("start"), 0o600))
	require.ErrorContains(t, run(replica.OpenFileStorage, idle), "guard")
}
