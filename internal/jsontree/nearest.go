package jsontree

import "strings"

// Nearest returns the word that a misspelt text most probably means, and false
// if none resembles it. A word resembles the text if one begins or ends with
// the other, as "capacity" and "capacity_mw", or if at most a third of the
// letters, and no more than 3, must change. Of equally near words it returns
// the first.
func Nearest(text string, words []string) (word string, ok bool) {
	all := AllNearest(text, words)
	if len(all) == 0 {
		return "", false
	}
	return all[0], true
}

// AllNearest returns all equally near words as [Nearest], in their order:
// "boiler" means "gas_boiler" or "electric_boiler".
func AllNearest(text string, words []string) (nearest []string) {
	best := min(3, len(text)/3)
	for _, w := range words {
		edits := distance(text, w)
		if affix(text, w) || affix(w, text) {
			edits = min(edits, 1)
		}
		switch {
		case edits < best:
			nearest, best = []string{w}, edits
		case edits == best:
			nearest = append(nearest, w)
		}
	}
	return nearest
}

// affix reports whether part, of at least 4 letters, begins or ends the whole.
func affix(part, whole string) bool {
	return len(part) >= 4 && (strings.HasPrefix(whole, part) || strings.HasSuffix(whole, part))
}

// distance returns the number of letters to insert, delete, replace or swap
// with their neighbour that turn a into b (Damerau, Communications of the ACM
// 7, 1964). It compares bytes: keys are ASCII.
func distance(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replace := d[i-1][j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, replace)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
