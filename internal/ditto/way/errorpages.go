package way

// ErrorPages is what an edge answers itself where something goes wrong.
type ErrorPages struct {
	// Echoes are the answers that repeat what the client sent, a sentence each.
	Echoes []string
	// Unknown are those that something makes which is not read.
	Unknown []string
	// Bypass says how the error pages let clients in without credentials; empty where they do not.
	Bypass string
}
