package main

import (
	"fmt"

	"github.com/trigrid/trigrid/studies/internal/claim"
)

// printedMethod is a row of table 5 of the paper.
type printedMethod struct {
	cost      float64 // CNY
	carbon    float64 // t
	renewable float64 // %
}

// printed holds the figures that the paper prints: its tables 5 and 6 and the
// text of sections 3.1.1 to 4.3, in one unit. The paper mixes CNY and "million
// CNY"; the latter divided by 10 000 agree with table 5. Money is in CNY and
// intensities in t per 10 000 CNY.
type printed struct {
	monteCarlo, robust, latin printedMethod

	carbonOnlyCost, carbonOnlyTrade          float64
	certificateOnlyCost, certificateRevenue  float64
	bothCost, bothCarbonRevenue              float64
	intensityCarbonOnly, intensityCertifOnly float64

	bothRate    float64  // intensity with both markets
	unitsOfRate []string // the units printed beside bothRate, in the order of the text

	samplesFirst, samplesLater float64 // section 3.1.1, section 4.1
	clustering, update         string  // printed name, and method of the described update
}

// published are the printed figures. Tests change them to turn verdicts.
var published = printed{
	monteCarlo: printedMethod{17186.45, 1.54, 97.24},
	robust:     printedMethod{17864.78, 1.41, 98.86},
	latin:      printedMethod{16953.49, 1.43, 98.75},

	carbonOnlyCost: 14576.47, carbonOnlyTrade: 1875.46,
	certificateOnlyCost: 15074.18, certificateRevenue: 10472.14,
	bothCost: 16953.49, bothCarbonRevenue: 1838.25,
	intensityCarbonOnly: 1.51, intensityCertifOnly: 1.54,

	bothRate: 1.43, unitsOfRate: []string{"t", "t per 10 000 CNY", "t per million CNY"},

	samplesFirst: 1000, samplesLater: 500,
	clustering: "K-means", update: "K-medoids", // a member is the centre
}

// highestCarbonPrice is the highest close of Chinese allowances until the paper
// was published, CNY per t.
const highestCarbonPrice = 105.66

// percent formats a fraction as a percentage.
func percent(x float64) string { return fmt.Sprintf("%.2f %%", 100*x) }

// same reports whether a computed figure rounds to a printed one: they differ
// by at most half of the last printed digit. For example, 4.9 % has a half
// digit of 0.0005.
func same(computed, printed, halfDigit float64) bool {
	d := computed - printed
	return d <= halfDigit && d >= -halfDigit
}

// arithmetic returns the claims that printed figures decide without any run,
// and those that no available figure decides.
func arithmetic() []claim.Claim {
	p := published
	return []claim.Claim{
		p.b1(), p.b2(), p.b3(), p.b4(),
		claim.New(
			"B5", "renewable use 8.59 % higher",
			"the value without markets is lost; 90.16 % if points are meant, 90.94 % if a ratio",
			claim.NotCheckable),
		p.b6(), p.b7(), p.b8(), p.b9(), p.b10(), p.b11(),
		claim.New(
			"B19", "related work: carbon −5 %, renewable use +6 %",
			"context of the source, without data", claim.NotCheckable),
	}
}

// b1 compares table 5: 1 − 16953.49/17864.78 = 5.10 %, not 4.9 %.
func (p printed) b1() claim.Claim {
	vsRobust := 1 - p.latin.cost/p.robust.cost
	vsMonteCarlo := 1 - p.latin.cost/p.monteCarlo.cost
	return claim.New(
		"B1", "the method costs 4.9 % less than the robust one",
		fmt.Sprintf("printed costs give %s (and %s against Monte Carlo)", percent(vsRobust), percent(vsMonteCarlo)),
		claim.Holds(same(vsRobust, 0.049, 0.0005)))
}

// b2 compares table 5: 1 − 1.43/1.54 = 7.14 %, and 98.75 − 97.24 = 1.51 points.
func (p printed) b2() claim.Claim {
	carbonCut := 1 - p.latin.carbon/p.monteCarlo.carbon
	points := p.latin.renewable - p.monteCarlo.renewable
	return claim.New(
		"B2", "carbon 7.1 % lower and renewable use 1.51 points higher than Monte Carlo",
		fmt.Sprintf("printed figures give %s and %.2f points", percent(carbonCut), points),
		claim.Holds(same(carbonCut, 0.071, 0.0005) && same(points, 1.51, 0.005)))
}

// noMarket returns the intensity without markets that makes claim B3 true. The
// paper does not print it.
func (p printed) noMarket() float64 { return p.intensityCarbonOnly / (1 - 0.085) }

// b3 cannot be checked: the intensity without markets follows from the claim
// itself,
// 1.51/0.915 = 1.650 t per 10 000 CNY.
func (p printed) b3() claim.Claim {
	return claim.New(
		"B3", "carbon 8.5 % lower with the carbon market alone",
		fmt.Sprintf("needs an intensity of %.3f without markets, which is not printed: it defines that number",
			p.noMarket()),
		claim.NotCheckable)
}

// b4 uses the intensity of b3 for the whole model: 1 − 1.43/1.650 = 13.35 %.
// The abstract of the paper prints 13.3 %, too.
func (p printed) b4() claim.Claim {
	full := 1 - p.bothRate/p.noMarket()
	return claim.New(
		"B4", "the whole model cuts carbon by 8.5 % through synergy",
		fmt.Sprintf("printed intensities give %s for both markets; 8.5 %% belongs to the carbon market alone",
			percent(full)),
		claim.Holds(same(full, 0.085, 0.0005)))
}

// b6 compares the units of 1.43 in table 5, section 4.3 and the abstract. An
// emission has the unit t only.
func (p printed) b6() claim.Claim {
	oneUnit := true
	for _, unit := range p.unitsOfRate {
		oneUnit = oneUnit && unit == p.unitsOfRate[0]
	}
	return claim.New(
		"B6", "1.43 is an emission",
		fmt.Sprintf("printed with the units %q for one and the same plan", p.unitsOfRate),
		claim.Holds(oneUnit))
}

// b7 derives a lower bound of the carbon price. The emission is intensity times
// cost, so the price of a trade is at least its value divided by the whole
// emission:
//
//	carbon market alone:  1875.46 CNY / (1.51 · 1.457647 t) = 852 CNY/t
//	both markets:         1838.25 CNY / (1.43 · 1.695349 t) = 758 CNY/t
func (p printed) b7() claim.Claim {
	carbonOnlyTonnes := p.intensityCarbonOnly * p.carbonOnlyCost / 1e4
	bothTonnes := p.bothRate * p.bothCost / 1e4
	leastPrice := p.carbonOnlyTrade / carbonOnlyTonnes
	salePrice := p.bothCarbonRevenue / bothTonnes
	return claim.New(
		"B7", "allowances trade at market prices",
		fmt.Sprintf("paying %.2f for at most %.2f t is at least %.0f CNY/t, "+
			"selling %.2f worth out of %.2f t at least %.0f; no market price exceeded %.0f",
			p.carbonOnlyTrade, carbonOnlyTonnes, leastPrice,
			p.bothCarbonRevenue, bothTonnes, salePrice, highestCarbonPrice),
		claim.Holds(max(leastPrice, salePrice) <= highestCarbonPrice))
}

// b8 tests the weaker of two readings: an improvement without any loss would
// have a cost of at most that of each single market.
func (p printed) b8() claim.Claim {
	return claim.New(
		"B8", "both markets are a Pareto improvement at a controlled cost",
		fmt.Sprintf("the cost is %s above the carbon market's and %s above the certificate market's",
			percent(p.bothCost/p.carbonOnlyCost-1), percent(p.bothCost/p.certificateOnlyCost-1)),
		claim.Holds(p.bothCost <= min(p.carbonOnlyCost, p.certificateOnlyCost)))
}

// b9 compares the cost of earning certificates with their revenue. Both cases
// are brought to a cost without trade: 15074.18 + 10472.14 = 25546 with
// certificates,
// 14576.47 − 1875.46 = 12701 without.
func (p printed) b9() claim.Claim {
	gross := p.certificateOnlyCost + p.certificateRevenue
	without := p.carbonOnlyCost - p.carbonOnlyTrade
	return claim.New(
		"B9", "certificate revenue partially offsets the cost",
		fmt.Sprintf("the revenue is %s of the net cost: without it %.0f CNY, "+
			"against %.0f with the carbon market less its carbon cost; "+
			"the certificates cost %.0f to earn and bring %.0f",
			percent(p.certificateRevenue/p.certificateOnlyCost),
			gross, without, gross-without, p.certificateRevenue),
		claim.Holds(gross-without <= p.certificateRevenue))
}

// b10 compares the two numbers of samples that the text prints.
func (p printed) b10() claim.Claim {
	return claim.New(
		"B10", "1000 samples",
		fmt.Sprintf("section 3.1.1 says %.0f, section 4.1 says %.0f", p.samplesFirst, p.samplesLater),
		claim.Holds(p.samplesFirst == p.samplesLater))
}

// b11 compares the name of the method with its described update: K-means uses
// means as centres, K-medoids uses members.
func (p printed) b11() claim.Claim {
	return claim.New(
		"B11", "K-means with particle swarms",
		fmt.Sprintf("called %s, but the update described, a member as centre, is that of %s; "+
			"the swarm is named and not described", p.clustering, p.update),
		claim.Holds(p.clustering == p.update))
}
