package nats

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/sweep/sweeptest"
)

// keys returns a new pair of keys and its public key.
func keys(t *testing.T, create func() (nkeys.KeyPair, error)) (nkeys.KeyPair, string) {
	t.Helper()
	pair, err := create()
	require.NoError(t, err)
	public, err := pair.PublicKey()
	require.NoError(t, err)
	return pair, public
}

// credentials returns a file of credentials of a new user, whose token a key
// signs.
func credentials(t *testing.T, signer nkeys.KeyPair) string {
	t.Helper()
	user, public := keys(t, nkeys.CreateUser)
	token, err := jwt.NewUserClaims(public).Encode(signer)
	require.NoError(t, err)
	seed, err := user.Seed()
	require.NoError(t, err)
	text, err := jwt.FormatUserConfig(token, seed)
	require.NoError(t, err)
	name := filepath.Join(t.TempDir(), "user.creds")
	require.NoError(t, os.WriteFile(name, text, 0o600))
	return name
}

// operated starts a server that an operator controls: it knows accounts by
// their signed tokens, and users by those that an account signs. It returns the
// address of the server and the key of an account that may use JetStream.
func operated(t *testing.T) (url string, account nkeys.KeyPair) {
	t.Helper()
	operator, operatorKey := keys(t, nkeys.CreateOperator)
	_, systemKey := keys(t, nkeys.CreateAccount)
	account, accountKey := keys(t, nkeys.CreateAccount)
	accounts := &server.MemAccResolver{}
	add := func(claims *jwt.AccountClaims) {
		token, err := claims.Encode(operator)
		require.NoError(t, err)
		require.NoError(t, accounts.Store(claims.Subject, token))
	}
	add(jwt.NewAccountClaims(systemKey))
	farms := jwt.NewAccountClaims(accountKey)
	farms.Limits.JetStreamLimits = jwt.JetStreamLimits{
		MemoryStorage: 256 << 20, DiskStorage: jwt.NoLimit, Streams: jwt.NoLimit, Consumer: jwt.NoLimit,
	}
	add(farms)
	claims := jwt.NewOperatorClaims(operatorKey)
	claims.SystemAccount = systemKey
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true,
		JetStreamMaxMemory: 512 << 20, JetStreamMaxStore: 1 << 30, MaxPayload: 8 << 20,
		TrustedOperators: []*jwt.OperatorClaims{claims}, SystemAccount: systemKey, AccountResolver: accounts,
	})
	require.NoError(t, err)
	go s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	require.True(t, s.ReadyForConnections(time.Minute))
	return s.ClientURL(), account
}

// A coordinator and a worker with files of credentials work on a server of an
// operator. A user of another account key and one without credentials are not
// connected.
func TestCredentialsOfAnOperatedServer(t *testing.T) {
	url, account := operated(t)
	stranger, _ := keys(t, nkeys.CreateAccount)
	for name, file := range map[string]string{"none": "", "of another account": credentials(t, stranger), "a missing file": filepath.Join(t.TempDir(), "no.creds")} {
		_, err := Start(t.Context(), Options{URL: url, Credentials: file})
		require.ErrorContains(t, err, "no connection to the server", name)
		conn, err := WorkOptions{URL: url, Credentials: file}.connect()
		if err == nil {
			conn.Close()
		}
		require.Error(t, err, name)
	}
	c, err := Start(t.Context(), Options{URL: url, Credentials: credentials(t, account)})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	file := credentials(t, account)
	c.group.Go(func() { _ = Work(ctx, WorkOptions{URL: url, Credentials: file, Workers: 1, Study: suite}) })
	defer func() {
		stop()
		require.NoError(t, c.Close())
	}()
	study := sweeptest.Study()
	s, err := c.FarmOf().Open(t.Context(), study)
	require.NoError(t, err)
	defer s.Close()
	jobs := sweeptest.Jobs(study, 4)
	got, err := sweeptest.Evaluate(t.Context(), s, jobs)
	require.NoError(t, err)
	for i, j := range jobs {
		require.NoError(t, got[i].Validate(j))
	}
}
