//go:build race

package audio

// Raced says that the race detector runs: arithmetic of one goroutine takes
// ten times as long there and shows nothing new.
const Raced = true
