package explain

// colour is how a verdict is coloured. The text has its own, so that it can be read on a dark page, too.
type colour struct{ fill, border, text string }

// open is the colour of where everyone is, beside those of verdicts.
const open = "open"

// colours are those of the page of reports, in light. What is not judged has none, nor what is only open to the inside
// and clean.
var colours = map[string]colour{
	open:           {"#3b4453", "#1c2330", "#ffffff"},
	VerdictDeny:    {"#fdecea", "#b3261e", "#5f120d"},
	VerdictWarn:    {"#fff4dc", "#8a5a00", "#4a3000"},
	VerdictAudit:   {"#e8f0fd", "#1f5fbf", "#123a75"},
	VerdictOff:     {"#e8f0fd", "#1f5fbf", "#123a75"},
	VerdictUnknown: {"#f0edfb", "#6b5bb0", "#3a3066"},
	VerdictClean:   {"#e8f5eb", "#2b7a3d", "#17451f"},
}
