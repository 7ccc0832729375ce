package ledger

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxKey is the longest state key, in bytes.
const MaxKey = 512

// Key joins the parts of a state key with slashes. A uint64 is written as 16
// hexadecimal digits, so that keys sort like the numbers: Key("meter", "m1",
// uint64(10)) is "meter/m1/000000000000000a".
func Key(parts ...any) string {
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

// CheckName accepts 1 to 64 bytes of UTF-8 without control characters and
// slashes. Names of identities, chains and contracts must satisfy it, because
// they become parts of state keys. what names the kind of name in the error,
// for example "commodity".
func CheckName(what, name string) error {
	bad := len(name) == 0 || len(name) > MaxName || !utf8.ValidString(name)
	for _, r := range name {
		bad = bad || r < ' ' || r == '/' || r == 0x7f
	}
	if bad {
		return fmt.Errorf("ledger: %s %q: want 1 to %d bytes without slash or control character", what, name, MaxName)
	}
	return nil
}
