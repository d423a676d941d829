package facts

// WayFixes are the fixes of a way in.
type WayFixes struct {
	// LimitRequests limits requests. In what its patch adds, and what that does, `{rate}` stands for requests in a
	// second, `{burst}` for five times as many.
	LimitRequests Fix `cel:"limitRequests"`
	// ServeTLS makes clients speak TLS.
	ServeTLS Fix `cel:"serveTLS"`
	// ResolvePaths has the step that passes on what the client wrote (Exposure.DisguisedBy) forward the path that it
	// chose by.
	ResolvePaths Fix `cel:"resolvePaths"`
}

// EdgeFixes are the fixes of an edge.
type EdgeFixes struct {
	// StripIdentity removes the client's identity header from requests. Its patch is there only where removing it opens
	// nothing: no gateway behind the edge has pre-authentication on, or the next hop sets the identity.
	StripIdentity Fix `cel:"stripIdentity"`
	// HideHeaders removes Server and version headers from responses.
	HideHeaders Fix `cel:"hideHeaders"`
}

// Fix is what would serve a purpose that is not served yet.
type Fix struct {
	// Advice says, for people, what to write, or why nothing can be written at the entry.
	Advice string `cel:"advice" tells:"people"`
	// Patch is what would do it: additions to the entry, to be made in this order. It is there only where whoever
	// serves the entry certainly does what it says, and nobody has decided otherwise; empty elsewhere.
	Patch []Addition `cel:"patch"`
	// Does says what the patch does.
	Does string `cel:"does" tells:"people"`
}

// Addition is an operation `add` of a JSON patch.
type Addition struct {
	// Path is a JSON pointer to where the value is added.
	Path string `cel:"path"`
	// Value is a string, or a list or object of JSON.
	Value any `cel:"value"`
}
