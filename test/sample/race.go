//go:build race

package sample

// raceDetector says that this program was built with the race detector.
const raceDetector = true
