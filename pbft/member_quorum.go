package pbft

// Faulty is f, the number of Byzantine replicas that n replicas survive: ⌊(n−1)/3⌋.
func Faulty(n int) int { return (n - 1) / 3 }

// StrongQuorum is Q = ⌈(n+f+1)/2⌉. Any two strong quorums share at least f+1 replicas, hence a correct one, and the
// n−f correct replicas can form one alone. For n = 3f+1 it equals 2f+1; for n = 6 it is 4, not 3.
func StrongQuorum(n int) int { return (n + Faulty(n) + 2) / 2 }

// WeakQuorum is W = f+1: among that many replicas at least one is correct.
func WeakQuorum(n int) int { return Faulty(n) + 1 }
