//go:build race

package cluster

// raceDetector says that this program was built with the race detector; then the webhook is, too.
const raceDetector = true
