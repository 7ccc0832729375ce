// Package replica runs replicas of package pbft: it adds a clock, goroutines,
// sockets and files to the state machine [pbft.Node].
//
//   - [Driver] runs one node with a [Transport] and a [Storage] and carries out
//     the duties that package pbft lists.
//   - [Cluster] is a whole chain in one process. It is the shortest way to a
//     replicated application.
//   - [Client] signs and numbers requests and returns a result after f+1
//     replicas have signed it.
//   - [MemoryNetwork] and [TLS] are transports between replicas; [Dial]
//     connects clients over TLS.
//   - [FileStorage] is a write-ahead log.
//
// # Processes
//
// In a deployment each replica is a process with this sequence:
//
//	transport, err := replica.ListenTLS(...)     // listens for replicas and clients
//	transport.Connect(id, address, key)          // once for each other replica
//	log, err := replica.OpenFileStorage(folder)  // CreateFileStorage for the first start
//	driver, err := replica.StartDriver(...)      // replays the log and starts
//	transport.ServeClients(driver)
//	...
//	driver.Close(); transport.Close(); log.Close()
//
// A client process calls [Dial] for each replica and passes the remotes to
// [NewClient].
//
// # Units and limits
//
// Times are [time.Duration]; a tick is 10 ms unless DriverConfig.Tick is set.
// All queues are bounded: a full queue loses messages, which the protocol
// repeats, or returns [ErrBusy] to the submitter.
//
// # Security
//
// Every statement that affects agreement is signed. Transports authenticate the
// sender of a packet, so that one replica cannot use up the allowance of
// another. [TLS] encrypts connections with TLS 1.3 and pins the Ed25519 keys of
// both ends:
//
//   - a replica has the key of Genesis.Members, or the key that TLS.Connect has
//     set for its id;
//   - a client has a key that TLSConfig.Clients accepts. Without that function
//     no client connects.
//
// The certificates are made at the start of a process and contain the chain,
// the role and the id. No authority and no file is necessary. For example, the
// certificate of replica 3 has the single name trigrid://<chain>/replica/3.
// Clocks may differ by up to 15 days.
package replica
