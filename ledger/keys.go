package ledger

import (
	"fmt"
	"strings"
)

// key joins the parts of a state key with slashes. Numbers have a fixed width, so that keys sort like the numbers.
func key(parts ...any) string {
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			b.WriteByte('/')
		}
		switch p := p.(type) {
		case uint64:
			fmt.Fprintf(&b, "%016x", p)
		default:
			fmt.Fprint(&b, p)
		}
	}
	return b.String()
}
