//go:build !race

package audio

// Raced says that the race detector runs.
const Raced = false
