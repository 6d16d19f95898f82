package audio

// Tap listens to both sides of the sound. Near is what this phone sends, after
// processing and mute; Far is what the peers say, without the phone's own tones.
//
// Near comes from the capture loop and Far from the playout loop, each every
// 10 ms: both must neither block nor allocate, and keep no reference to the
// frame.
type Tap interface {
	Near(Frame)
	Far(Frame)
}
