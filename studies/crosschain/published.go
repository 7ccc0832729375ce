package main

import (
	"fmt"

	"github.com/trigrid/trigrid/studies/internal/claim"
)

// What the source prints (its tables 5 and 6 and the text of sections 3.1.1 to 4.3), brought to one unit:
// amounts in "million CNY" divided by 10 000 line up with table 5. CNY, t CO2 and shares; intensities in
// t per 10 000 CNY.
var published = struct {
	monteCarlo, robust, latin                                                            struct{ cost, carbon, renewable float64 }
	carbonOnlyCost, carbonOnlyTrade, certificateOnlyCost, certificateRevenue             float64
	bothCost, bothCarbonRevenue, intensityCarbonOnly, intensityCertificateOnly, bothRate float64

	unitsOfRate              []string // of bothRate, in the order of the text
	samplesTold, samplesUsed float64
	clustering, update       string // what the method is called, and whose update is described
}{
	monteCarlo:     struct{ cost, carbon, renewable float64 }{17186.45, 1.54, 97.24},
	robust:         struct{ cost, carbon, renewable float64 }{17864.78, 1.41, 98.86},
	latin:          struct{ cost, carbon, renewable float64 }{16953.49, 1.43, 98.75},
	carbonOnlyCost: 14576.47, carbonOnlyTrade: 1875.46, certificateOnlyCost: 15074.18, certificateRevenue: 10472.14,
	bothCost: 16953.49, bothCarbonRevenue: 1838.25, intensityCarbonOnly: 1.51, intensityCertificateOnly: 1.54, bothRate: 1.43,
	unitsOfRate: []string{"t", "t per 10 000 CNY", "t per million CNY"},
	samplesTold: 1000, samplesUsed: 500,
	clustering: "K-means", update: "K-medoids", // the member with the smallest summed distance becomes the centre
}

func percent(x float64) string { return fmt.Sprintf("%.2f %%", 100*x) }

// same compares: halfDigit is how far a computed figure may be from a printed one to count as it: half of the last digit.
func same(computed, printed, halfDigit float64) bool {
	d := computed - printed
	return d <= halfDigit && d >= -halfDigit
}

// highestCarbonPrice is the highest close of Chinese allowances up to the source's publication, CNY per t.
const highestCarbonPrice = 105.66

// arithmetic are the claims that the printed numbers decide among themselves, or that none decides.
func arithmetic() []claim.Claim {
	p := published
	vsRobust := 1 - p.latin.cost/p.robust.cost
	vsMonteCarlo := 1 - p.latin.cost/p.monteCarlo.cost
	carbonCut := 1 - p.latin.carbon/p.monteCarlo.carbon
	points := p.latin.renewable - p.monteCarlo.renewable
	noMarket := p.intensityCarbonOnly / (1 - 0.085)
	full := 1 - p.bothRate/noMarket
	carbonOnlyTonnes := p.intensityCarbonOnly * p.carbonOnlyCost / 1e4
	bothTonnes := p.bothRate * p.bothCost / 1e4
	leastPrice := p.carbonOnlyTrade / carbonOnlyTonnes
	salePrice := p.bothCarbonRevenue / bothTonnes
	gross := p.certificateOnlyCost + p.certificateRevenue
	without := p.carbonOnlyCost - p.carbonOnlyTrade
	oneUnit := true
	for _, unit := range p.unitsOfRate {
		oneUnit = oneUnit && unit == p.unitsOfRate[0]
	}
	return []claim.Claim{
		claim.New("B1", "the method costs 4.9 % less than the robust one", fmt.Sprintf("printed costs give %s (and %s against Monte Carlo)", percent(vsRobust), percent(vsMonteCarlo)), claim.Holds(same(vsRobust, 0.049, 0.0005))),
		claim.New("B2", "carbon 7.1 % lower and renewable use 1.51 points higher than Monte Carlo", fmt.Sprintf("printed figures give %s and %.2f points", percent(carbonCut), points), claim.Holds(same(carbonCut, 0.071, 0.0005) && same(points, 1.51, 0.005))),
		claim.New("B3", "carbon 8.5 % lower with the carbon market alone", fmt.Sprintf("needs an intensity of %.3f without markets, which is not printed: it defines that number", noMarket), claim.NotCheckable),
		claim.New("B4", "the whole model cuts carbon by 8.5 % through synergy", fmt.Sprintf("printed intensities give %s for both markets; 8.5 %% belongs to the carbon market alone", percent(full)), claim.Holds(same(full, 0.085, 0.0005))),
		claim.New("B5", "renewable use 8.59 % higher", "the value without markets is lost; 90.16 % if points are meant, 90.94 % if a ratio", claim.NotCheckable),
		claim.New("B6", "1.43 is an emission", fmt.Sprintf("printed with the units %q for one and the same plan", p.unitsOfRate), claim.Holds(oneUnit)),
		claim.New("B7", "allowances trade at market prices", fmt.Sprintf("paying %.2f for at most %.2f t is at least %.0f CNY/t, selling %.2f worth out of %.2f t at least %.0f; no market price exceeded %.0f", p.carbonOnlyTrade, carbonOnlyTonnes, leastPrice, p.bothCarbonRevenue, bothTonnes, salePrice, highestCarbonPrice), claim.Holds(max(leastPrice, salePrice) <= highestCarbonPrice)),
		claim.New("B8", "both markets are a Pareto improvement at a controlled cost", fmt.Sprintf("the cost is %s above the carbon market's and %s above the certificate market's", percent(p.bothCost/p.carbonOnlyCost-1), percent(p.bothCost/p.certificateOnlyCost-1)), claim.Holds(p.bothCost <= min(p.carbonOnlyCost, p.certificateOnlyCost))),
		claim.New("B9", "certificate revenue partially offsets the cost", fmt.Sprintf("the revenue is %s of the net cost: without it %.0f CNY, against %.0f with the carbon market less its carbon cost; the certificates cost %.0f to earn and bring %.0f", percent(p.certificateRevenue/p.certificateOnlyCost), gross, without, gross-without, p.certificateRevenue), claim.Holds(gross-without <= p.certificateRevenue)),
		claim.New("B10", "1000 samples", fmt.Sprintf("section 3.1.1 says %.0f, section 4.1 says %.0f", p.samplesTold, p.samplesUsed), claim.Holds(p.samplesTold == p.samplesUsed)),
		claim.New("B11", "K-means with particle swarms", fmt.Sprintf("called %s, but the update described, a member as centre, is that of %s; the swarm is named and not described", p.clustering, p.update), claim.Holds(p.clustering == p.update)),
		claim.New("B19", "related work: carbon −5 %, renewable use +6 %", "context of the source, without data", claim.NotCheckable),
	}
}
