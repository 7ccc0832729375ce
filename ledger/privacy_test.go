package ledger

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/ledger/internal/canon"
)

// Every test here is an attack: on the sealed schemes, on what DERs receive, on published totals, on pseudonyms and on
// hidden choices. Run them with -run Privacy -v.

// stage is a grid, two VPPs and some DERs with their keys, and a scheme of the first VPP.
type stage struct {
	random *rand.ChaCha8
	chain  Hash
	grid   *OpenKey
	ders   map[string]*OpenKey
	header SchemeHeader
	scheme Scheme
	sealed SubmitScheme
	opened *OpenedScheme
}

func newStage(t *testing.T, ders int) *stage {
	t.Helper()
	s := &stage{random: rand.NewChaCha8([32]byte{'p'}), chain: Hash{1}, ders: map[string]*OpenKey{}}
	var err error
	s.grid, err = NewOpenKey(s.random, SuiteX25519())
	require.NoError(t, err)
	s.scheme = Scheme{Columns: []string{"capacity, MW"}}
	for i := range ders {
		der := fmt.Sprintf("der-%02d", i)
		s.ders[der], err = NewOpenKey(s.random, SuiteX25519())
		require.NoError(t, err)
		s.scheme.Rows = append(s.scheme.Rows, Row{DER: der, Values: []Micro{Micro(i+1) * One}, Note: []byte("tariff of " + der)})
	}
	s.header = SchemeHeader{Chain: s.chain, Period: 4, VPP: "vpp-a", Version: 1, GridKey: "grid"}
	sealed, kept, err := SealScheme(s.random, s.header, s.grid.Public(), s.scheme)
	require.NoError(t, err)
	s.sealed = *sealed
	s.opened, err = OpenScheme(s.grid, s.sealed)
	require.NoError(t, err)
	require.Equal(t, kept, s.opened, "what the grid sees is what the VPP keeps")
	require.Equal(t, s.scheme, s.opened.Scheme)
	return s
}

func (s *stage) keyOf(der string) (SealKey, error) { return s.ders[der].Public(), nil }

func TestPrivacyCiphertextCopiedIntoAnotherVPPsSchemeDoesNotOpen(t *testing.T) {
	s := newStage(t, 3)
	stolen := s.sealed
	stolen.Header.VPP = "vpp-b"
	_, err := OpenScheme(s.grid, stolen)
	require.ErrorIs(t, err, ErrBadOpening)
	require.ErrorIs(t, err, ErrOpen, "the ciphertext itself must not open under another header")
}

func TestPrivacyEveryFieldOfTheHeaderIsBoundToTheCiphertext(t *testing.T) {
	s := newStage(t, 3)
	for name, change := range map[string]func(*SchemeHeader){
		"chain":      func(h *SchemeHeader) { h.Chain[0] ^= 1 },
		"period":     func(h *SchemeHeader) { h.Period++ },
		"vpp":        func(h *SchemeHeader) { h.VPP += "x" },
		"version":    func(h *SchemeHeader) { h.Version++ },
		"grid key":   func(h *SchemeHeader) { h.GridKey += "x" },
		"serial":     func(h *SchemeHeader) { h.GridSerial++ },
		"root":       func(h *SchemeHeader) { h.Root[0] ^= 1 },
		"commitment": func(h *SchemeHeader) { h.Commitment[0] ^= 1 },
		"length":     func(h *SchemeHeader) { h.Length++ },
	} {
		m := s.sealed
		change(&m.Header)
		_, err := OpenScheme(s.grid, m)
		require.ErrorIs(t, err, ErrOpen, name)
	}
}

func TestPrivacyDamagedCiphertextDoesNotOpen(t *testing.T) {
	s := newStage(t, 3)
	for i := range 20 {
		m := s.sealed
		m.Body.Ciphertext = bytes.Clone(m.Body.Ciphertext)
		m.Body.Ciphertext[i*len(m.Body.Ciphertext)/20] ^= 1
		_, err := OpenScheme(s.grid, m)
		require.ErrorIs(t, err, ErrOpen)
	}
	m := s.sealed
	m.Body.Encapsulated = m.Body.Encapsulated[1:]
	_, err := OpenScheme(s.grid, m)
	require.ErrorIs(t, err, ErrOpen)
}

func TestPrivacyOnlyTheGridsKeyOpensAScheme(t *testing.T) {
	s := newStage(t, 3)
	for _, other := range s.ders {
		_, err := OpenScheme(other, s.sealed)
		require.ErrorIs(t, err, ErrOpen)
	}
	rotated, err := NewOpenKey(s.random, SuiteX25519())
	require.NoError(t, err)
	_, err = OpenScheme(rotated, s.sealed)
	require.ErrorIs(t, err, ErrOpen)
}

// A VPP that commits to one scheme and seals another is found out by the grid and cannot be framed by it.
func TestPrivacySealedSchemeMustBeTheOneCommittedTo(t *testing.T) {
	s := newStage(t, 3)
	h := s.sealed.Header
	reseal := func(plaintext []byte) SubmitScheme {
		b, err := Seal(s.random, s.grid.Public(), h.info(), encode(&h), append(bytes.Clone(s.opened.Salt0[:]), plaintext...))
		require.NoError(t, err)
		return SubmitScheme{Header: h, Body: b}
	}
	_, err := OpenScheme(s.grid, reseal(s.opened.Plaintext))
	require.NoError(t, err, "the harness itself")

	other := *s.opened
	other.Rows = slices.Clone(other.Rows)
	other.Rows[0].Values = []Micro{99 * One}
	_, err = OpenScheme(s.grid, reseal(pad(canon.Encode(other.codeBody), schemeFloor)))
	require.ErrorIs(t, err, ErrBadOpening)

	// Another salt is another commitment, so an opening cannot be invented afterwards.
	_, err = checkOpening(&h, [saltSize]byte{1}, s.opened.Plaintext)
	require.ErrorIs(t, err, ErrBadOpening)

	// Rows that fit the commitment but not the root.
	h.Root[0] ^= 1
	h.Commitment = h.commit(s.opened.Salt0, s.opened.Plaintext)
	_, err = OpenScheme(s.grid, reseal(s.opened.Plaintext))
	require.ErrorIs(t, err, ErrBadOpening)
}

func TestPrivacyLengthTellsOnlyAPowerOfTwo(t *testing.T) {
	lengths := map[int]bool{}
	for ders := 1; ders <= 8; ders++ {
		n := len(newStage(t, ders).sealed.Body.Ciphertext) - saltSize - sealedOverhead
		require.Equal(t, 0, n&(n-1), "%d DERs: %d bytes are no power of two", ders, n)
		lengths[n] = true
	}
	require.Len(t, lengths, 1, "1 to 8 DERs are told apart by length")
	for _, n := range []int{0, 1, 1022, 1023, 1024, 5000} {
		b := bytes.Repeat([]byte{0x80}, n)
		got, err := unpad(pad(b, schemeFloor), schemeFloor)
		require.NoError(t, err)
		require.True(t, bytes.Equal(b, got))
	}
	for _, bad := range [][]byte{nil, make([]byte, 1024), append(pad(nil, 1024), make([]byte, 1024)...)} {
		_, err := unpad(bad, schemeFloor)
		require.ErrorIs(t, err, errPadding)
	}
}

func TestPrivacyEachDERSeesItsOwnRowAndNoOther(t *testing.T) {
	s := newStage(t, 5)
	h := &s.sealed.Header
	envelopes, err := SealDeliveries(s.random, h, s.opened, s.keyOf)
	require.NoError(t, err)
	require.Len(t, envelopes, 8, "dummies hide that there are five")
	openedBy := make([]int, len(envelopes))
	for der, k := range s.ders {
		d, err := OpenDelivery(k, h, envelopes)
		require.NoError(t, err)
		require.Equal(t, der, d.Row.DER)
		for i, e := range envelopes {
			require.Len(t, e.Ciphertext, len(envelopes[0].Ciphertext))
			if _, err := k.Open(deliveryInfo(h), encode(h), e); err == nil {
				openedBy[i]++
			}
		}
		// What it holds names nobody else.
		b := encode(d)
		for other := range s.ders {
			require.Equal(t, other == der, bytes.Contains(b, []byte(other)))
		}
	}
	slices.Sort(openedBy)
	require.Equal(t, []int{0, 0, 0, 1, 1, 1, 1, 1}, openedBy)

	_, err = OpenDelivery(s.grid, h, envelopes)
	require.ErrorIs(t, err, ErrNotForMe)
	elsewhere := *h
	elsewhere.Period++
	for _, k := range s.ders {
		_, err = OpenDelivery(k, &elsewhere, envelopes)
		require.ErrorIs(t, err, ErrNotForMe, "envelopes replayed in another period")
	}
}

func TestPrivacyRowThatTheVPPDidNotCommitToIsFoundOut(t *testing.T) {
	s := newStage(t, 5)
	h := &s.sealed.Header
	mine, other := s.opened.Deliver(h, 1), s.opened.Deliver(h, 2)
	require.NoError(t, mine.Verify(h))

	altered := mine
	altered.Row.Values = []Micro{7 * One}
	require.ErrorIs(t, altered.Verify(h), ErrPath)
	salted := mine
	salted.Salt[0] ^= 1
	require.ErrorIs(t, salted.Verify(h), ErrPath)
	swapped := mine
	swapped.Path = other.Path
	require.ErrorIs(t, swapped.Verify(h), ErrPath, "another DER's path")

	// A lying grid seals an altered row: the DER opens it and sees that it does not fit.
	b, err := Seal(s.random, s.ders["der-01"].Public(), deliveryInfo(h), encode(h), pad(encode(&altered), deliveryFloor))
	require.NoError(t, err)
	_, err = OpenDelivery(s.ders["der-01"], h, []Sealed{b})
	require.ErrorIs(t, err, ErrPath)
}

// Without its salt a row could be guessed from its leaf: the attacker knows the DER and tries the few thousand
// capacities there are. With the salt the same search finds nothing.
func TestPrivacySaltKeepsRowsFromBeingGuessed(t *testing.T) {
	s := newStage(t, 4)
	guess := func(leaf Hash, salt [saltSize]byte) bool {
		for mw := Micro(0); mw < 5000; mw++ {
			r := Row{DER: "der-02", Values: []Micro{mw * One / 100}, Note: []byte("tariff of der-02")}
			if Hash(merkleRoot([][]byte{rowLeaf(salt, &r)})) == leaf {
				return true
			}
		}
		return false
	}
	unsalted := merkleRoot([][]byte{rowLeaf([saltSize]byte{}, &s.scheme.Rows[2])})
	require.True(t, guess(unsalted, [saltSize]byte{}), "the attack itself")
	require.False(t, guess(s.opened.tree().perfect[0][2], [saltSize]byte{}))
}

// attack estimates the target's value the way colluding members do: the published total less their own values.
func attack(total Micro, values []Micro, colluders []int) Micro {
	for _, c := range colluders {
		total -= values[c]
	}
	return total
}

// TestPrivacySubtractionAttack tries every target and every set of colluders on every total that the policy lets
// through, and demands the promised error each time. The attack is exact where the policy would have suppressed.
func TestPrivacySubtractionAttack(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	for _, p := range []Policy{{}, {Colluders: 2, MinGroup: 4, Protection: 200_000}} {
		d := p.withDefaults()
		require.NoError(t, p.Check())
		published, suppressed := 0, 0
		for range 1000 {
			values := make([]Micro, 1+random.IntN(7))
			total := Micro(0)
			for i := range values {
				values[i] = Micro(random.ExpFloat64()*10) * One
				total += values[i]
			}
			if p.Allows(values) != nil {
				suppressed++
				continue
			}
			published++
			for target, v := range values {
				for set := range 1 << len(values) {
					var colluders []int
					for i := range values {
						if set>>i&1 == 1 && i != target {
							colluders = append(colluders, i)
						}
					}
					if v == 0 || len(colluders) > d.Colluders || set>>target&1 == 1 {
						continue
					}
					missed := attack(total, values, colluders) - v
					require.GreaterOrEqual(t, missed.Float(), d.Protection.Float()*v.Float()-1e-9, "%v: %v find %d", values, colluders, target)
				}
			}
		}
		require.Greater(t, published, 50)
		require.Greater(t, suppressed, 50)
	}
}

// Two of three members know the third exactly, whatever is done to the total but suppressing it. The default policy
// guards against one; whoever fears two says so and loses totals over three. This is the limit the policy states.
func TestPrivacyTwoColludersOfThreeKnowTheThird(t *testing.T) {
	values := []Micro{10 * One, 20 * One, 15 * One}
	require.NoError(t, Policy{}.Allows(values))
	require.Equal(t, values[2], attack(45*One, values, []int{0, 1}))
	require.Error(t, Policy{Colluders: 2, MinGroup: 4}.Allows(values))
	require.Error(t, Policy{Colluders: 2, MinGroup: 3}.Check(), "a policy that cannot keep its word")
}

func TestPrivacySmallAndDominatedTotalsAreSuppressed(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []Micro
		ok     bool
	}{
		{"two members", []Micro{5 * One, 5 * One}, false},
		{"two members and a zero", []Micro{5 * One, 5 * One, 0}, false},
		{"three alike", []Micro{5 * One, 5 * One, 5 * One}, true},
		{"one holds 90 %", []Micro{90 * One, 5 * One, 5 * One}, false},
		{"one holds 80 %", []Micro{80 * One, 10 * One, 10 * One}, true},
		// 50 and 49 know each other within 1: the rest protects neither.
		{"two giants and a dwarf", []Micro{50 * One, 49 * One, 1 * One}, false},
		{"signs do not hide dominance", []Micro{-90 * One, 5 * One, 5 * One}, false},
		{"nobody", nil, false},
	} {
		require.Equal(t, c.ok, Policy{}.Allows(c.values) == nil, c.name)
	}
}

// Two periods that differ by one member give that member away by subtraction: the second total is suppressed.
func TestPrivacyDifferencingOverPeriodsIsSuppressed(t *testing.T) {
	s := newStage(t, 5).scheme
	p := Policy{}
	first, past := p.release(&s, nil)
	require.False(t, first[0].Suppressed)
	require.Equal(t, 15*One, first[0].Total) // 1+2+3+4+5

	without := s
	without.Rows = s.Rows[:4]
	second, past2 := p.release(&without, past)
	require.True(t, second[0].Suppressed, "15 − 10 would be der-04's capacity")
	require.Zero(t, second[0].Total)
	require.Len(t, past2, len(past))

	same, _ := p.release(&s, past)
	require.False(t, same[0].Suppressed, "the same members reveal nobody")
	large := newStage(t, 9).scheme
	wide, _ := p.release(&large, past)
	require.False(t, wide[0].Suppressed, "four new members hide each other")
}

func TestPrivacyTotalsAreRounded(t *testing.T) {
	for _, c := range []struct{ v, size, want Micro }{
		{1_234_567, 100_000, 1_200_000},
		{1_250_000, 100_000, 1_300_000},
		{-1_250_000, 100_000, -1_300_000},
		{49_999, 100_000, 0},
		{0, 100_000, 0},
		{-49_999, 100_000, 0},
	} {
		require.Equal(t, c.want, bucket(c.v, c.size), "%d", c.v)
	}
}

func TestPrivacyPseudonymsCannotBeUndoneByTryingNames(t *testing.T) {
	names := make([]string, 5000)
	for i := range names {
		names[i] = fmt.Sprintf("der-%04d", i)
	}
	target := "der-3141"
	// The attack on a plain hash works at once.
	plain := sha256.Sum256([]byte(target))
	i := slices.IndexFunc(names, func(n string) bool { return sha256.Sum256([]byte(n)) == plain })
	require.Equal(t, target, names[i])

	random := rand.NewChaCha8([32]byte{9})
	k, err := NewPeriodKey(random, Hash{1}, 4)
	require.NoError(t, err)
	other, err := NewPeriodKey(random, Hash{1}, 5)
	require.NoError(t, err)
	pseudonym, line := k.For(target, "der-0001"), k.Settlement(target)
	for _, n := range names {
		h := sha256.Sum256([]byte(n))
		require.NotEqual(t, [16]byte(h[:16]), pseudonym)
		require.NotEqual(t, pseudonym, other.For(n, "der-0001"), "another period's key")
		require.NotEqual(t, line, Pseudonym(Hash{1}, 4, n, [saltSize]byte{}))
	}
	require.NotEqual(t, pseudonym, k.For(target, "der-0002"), "two recipients could join their lists")
	require.Equal(t, pseudonym, k.For(target, "der-0001"))

	// Opening one line opens no other.
	salt := k.Salt(target)
	require.Equal(t, line, Pseudonym(Hash{1}, 4, target, salt))
	require.NotEqual(t, k.Settlement("der-0002"), Pseudonym(Hash{1}, 4, "der-0002", salt))
	k.Destroy()
	require.NotEqual(t, line, k.Settlement(target), "the key is gone")
}

// Three choices can be tried: an unsalted commitment hides nothing. With 32 random bytes there is nothing to try, and
// a copied commitment belongs to somebody else.
func TestPrivacyChoicesStayHiddenUntilRevealed(t *testing.T) {
	choices := []string{"", "vpp-a", "vpp-b"}
	find := func(c Hash, salt [saltSize]byte) bool {
		return slices.ContainsFunc(choices, func(v string) bool { return ChoiceCommitment(Hash{1}, 4, 1, "der", v, salt) == c })
	}
	salt := [saltSize]byte{3, 1, 4}
	require.True(t, find(ChoiceCommitment(Hash{1}, 4, 1, "der", "vpp-b", [saltSize]byte{}), [saltSize]byte{}))
	c := ChoiceCommitment(Hash{1}, 4, 1, "der", "vpp-b", salt)
	require.False(t, find(c, [saltSize]byte{}))
	for name, other := range map[string]Hash{
		"copied by another DER": ChoiceCommitment(Hash{1}, 4, 1, "thief", "vpp-b", salt),
		"replayed next round":   ChoiceCommitment(Hash{1}, 4, 2, "der", "vpp-b", salt),
		"replayed next period":  ChoiceCommitment(Hash{1}, 5, 1, "der", "vpp-b", salt),
		"replayed elsewhere":    ChoiceCommitment(Hash{2}, 4, 1, "der", "vpp-b", salt),
		"revealed as another":   ChoiceCommitment(Hash{1}, 4, 1, "der", "vpp-a", salt),
	} {
		require.NotEqual(t, c, other, name)
	}
}

// The hybrid suite seals and opens with the operating system's randomness only.
func TestPrivacyHybridSuite(t *testing.T) {
	k, err := NewOpenKey(nil, SuiteHybrid())
	require.NoError(t, err)
	b, err := Seal(nil, k.Public(), []byte("info"), []byte("aad"), []byte("secret"))
	require.NoError(t, err)
	got, err := k.Open([]byte("info"), []byte("aad"), b)
	require.NoError(t, err)
	require.Equal(t, "secret", string(got))
	_, err = k.Open([]byte("info"), []byte("other"), b)
	require.ErrorIs(t, err, ErrOpen)
	_, err = Seal(rand.NewChaCha8([32]byte{}), k.Public(), nil, nil, nil)
	require.Error(t, err, "a seed must not be ignored silently")
}

// The same members in the schemes of two VPPs have the same capacities, so totals of two VPPs that differ by one member
// give it away just as two periods do.
func TestPrivacyDifferencingOverVPPsIsSuppressed(t *testing.T) {
	s := newStage(t, 5).scheme
	without := s
	without.Rows = s.Rows[:4]
	ofA, past := Policy{}.release(&s, nil)
	require.False(t, ofA[0].Suppressed)
	ofB, _ := Policy{}.release(&without, past)
	require.True(t, ofB[0].Suppressed, "15 − 10 would be der-04's capacity")
	alone, _ := Policy{}.release(&without, nil)
	require.False(t, alone[0].Suppressed)
}

func TestAPolicyThatCannotKeepItsWordPublishesNothing(t *testing.T) {
	values := []Micro{One, One, One, One}
	for _, p := range []Policy{{Colluders: 9}, {Colluders: -5}, {MinGroup: 1}, {Bucket: -1}, {Dominance: 2 * One}} {
		require.Error(t, p.Allows(values), "%+v", p)
	}
	require.NoError(t, Policy{}.Allows(values))
}

func TestRoundingATotalDoesNotWrapAround(t *testing.T) {
	require.Equal(t, Micro(math.MaxInt64)/1_000_000*1_000_000, bucket(math.MaxInt64, 1_000_000)) // …775807 rounds up, and cannot
	require.Equal(t, Micro(math.MinInt64)/1_000_000*1_000_000, bucket(math.MinInt64, 1_000_000))
	require.Equal(t, Micro(0), bucket(math.MaxInt64/2-1, math.MaxInt64))
	require.Equal(t, Micro(math.MaxInt64), bucket(math.MaxInt64/2+1, math.MaxInt64))
}

// The grid sends a DER a row that the VPP did commit to, but another DER's.
func TestPrivacyAnotherDERsRowIsNotTakenForOnesOwn(t *testing.T) {
	ctx := t.Context()
	n, err := NewNetwork(ctx, NetworkConfig{Random: rand.NewChaCha8([32]byte{'r'}), Members: []PartyConfig{
		{"grid", RoleGrid}, {"vpp", RoleVPP}, {"der-00", RoleDER}, {"der-01", RoleDER},
	}})
	require.NoError(t, err)
	defer n.Close()
	require.NoError(t, n.PublishWeights(ctx, 1, [3]float64{1, 0, 0}))
	s := newStage(t, 2).scheme
	s.Rows = s.Rows[:1]
	require.NoError(t, n.SubmitScheme(ctx, 1, "vpp", s))
	d, err := n.Decide(ctx, 1, nil)
	require.NoError(t, err)
	r, err := n.Scheme(ctx, 1, "vpp")
	require.NoError(t, err)
	envelopes, err := SealDeliveries(n.random, &r.Header, d[0].Scheme, func(string) (SealKey, error) { return n.sealKey("der-01") })
	require.NoError(t, err)
	_, err = n.grid.Send(ctx, &DeliverRows{Period: 1, VPP: "vpp", Version: 1, Envelopes: envelopes})
	require.NoError(t, err)
	_, err = n.Deliveries(ctx, 1, "der-01")
	require.ErrorContains(t, err, `"der-01" was sent the row of "der-00"`)
}
