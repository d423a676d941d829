package way

import (
	"strconv"
	"strings"
)

// ErrorPages is what an edge answers itself where something goes wrong.
type ErrorPages struct {
	// Echoes are the answers that repeat what the client sent, a sentence each.
	Echoes []string
	// Unknown are those that something makes which is not read.
	Unknown []string
	// Bypass says how the error pages let clients in without credentials; empty where they do not.
	Bypass string
}

// ErrorCodes reads a list of status codes.
func ErrorCodes(list string) map[string]bool {
	codes := map[string]bool{}
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		if _, err := strconv.Atoi(item); err != nil {
			return nil
		}
		codes[item] = true
	}
	return codes
}
