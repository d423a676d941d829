package podspec

import (
	"strconv"
	"strings"
)

// IsDigits says whether a word consists of decimal digits.
func IsDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// CutLast cuts around the last separator; without one, everything is behind it.
func CutLast(s, separator string) (before, after string, found bool) {
	at := strings.LastIndex(s, separator)
	if at < 0 {
		return "", s, false
	}
	return s[:at], s[at+len(separator):], true
}

// PortNumber is a port, 0 for what is none.
func PortNumber(s string) int32 {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0
	}
	return int32(n)
}

// Decimal writes a number in decimal.
func Decimal(n int32) string { return strconv.Itoa(int(n)) }
