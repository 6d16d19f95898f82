package host

// Line is the sound of one login. The methods are safe for concurrent use.
type Line struct{}
