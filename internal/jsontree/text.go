package jsontree

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// Text returns a document as UTF-8 without a byte order mark, the form that
// [Parse] reads and that [Value.Span] counts in. Editors on Windows put the
// mark before the text. A mark of UTF-16 also states the encoding, which Text
// changes to UTF-8; text without a mark is returned as it is.
func Text(document []byte) []byte {
	for mark, order := range map[string]binary.ByteOrder{
		"\xef\xbb\xbf": nil, "\xff\xfe": binary.LittleEndian, "\xfe\xff": binary.BigEndian,
	} {
		rest, marked := bytes.CutPrefix(document, []byte(mark))
		if !marked {
			continue
		}
		if order == nil {
			return rest
		}
		units := make([]uint16, len(rest)/2) // an odd last byte is no text
		for i := range units {
			units[i] = order.Uint16(rest[2*i:])
		}
		return []byte(string(utf16.Decode(units)))
	}
	return document
}
