// Package replica runs replicas of package pbft: it adds a clock, goroutines, sockets and files to
// the state machine [pbft.Node].
//
//   - [Driver] runs one node with a [Transport] and a [Storage] and carries out the duties that
//     package pbft lists.
//   - [Cluster] is a whole chain in one process. It is the shortest way to a replicated
//     application.
//   - [Client] signs and numbers requests and returns a result after f+1 replicas have signed it.
//   - [MemoryNetwork] and [TCP] are transports between replicas; [Dial] connects clients over TCP.
//   - [FileStorage] is a write-ahead log.
//
// # Processes
//
// In a deployment each replica is a process with this sequence:
//
//	transport, err := replica.ListenTCP(...)     // listens for replicas and clients
//	transport.Connect(id, address, key)          // once for each other replica
//	log, err := replica.OpenFileStorage(folder)  // CreateFileStorage for the first start
//	driver, err := replica.StartDriver(...)      // replays the log and starts
//	transport.ServeClients(driver)
//	...
//	driver.Close(); transport.Close(); log.Close()
//
// A client process calls [Dial] for each replica and passes the remotes to [NewClient].
//
// # Units and limits
//
// Times are [time.Duration]; a tick is 10 ms unless DriverConfig.Tick is set. All queues are
// bounded: a full queue loses messages, which the protocol repeats, or returns [ErrBusy] to the
// submitter.
//
// # Security
//
// Every statement that affects agreement is signed. Transports authenticate the sender of a packet,
// so that one replica cannot use up the allowance of another. Nothing is encrypted: operations and
// results are readable on the network.
package replica
