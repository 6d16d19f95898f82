package audio

// Floor is the level of silence in dBFS: below the last bit of 16.
const Floor = -96.0

// Levels is what the screen samples. It is a value.
type Levels struct {
	In    float64 // dBFS, peak of the last 100 ms; Floor when muted or not capturing
	Out   float64 // dBFS, peak of the last 100 ms
	Muted bool
	Fault string // one plain line when a device is missing: "no microphone: …"; else empty
}
