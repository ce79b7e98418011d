//go:build race

package registry_test

// raceDetector says that this build looks for races, at a tenth of the speed.
const raceDetector = true
