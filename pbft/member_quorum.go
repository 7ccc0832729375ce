package pbft

// Faulty returns f = ⌊(n−1)/3⌋, the number of Byzantine replicas that n
// replicas tolerate. For n = 4 it is 1.
func Faulty(n int) int { return (n - 1) / 3 }

// StrongQuorum returns Q = ⌈(n+f+1)/2⌉. Two strong quorums share at least 2Q−n
// ≥ f+1 replicas, hence a correct one, and the n−f correct replicas suffice for
// one. For n = 3f+1 it equals 2f+1; for n = 6 it is 4, not 3.
func StrongQuorum(n int) int { return (n + Faulty(n) + 2) / 2 }

// WeakQuorum returns W = f+1: at least one of W replicas is correct. For n = 4
// it is 2.
func WeakQuorum(n int) int { return Faulty(n) + 1 }
