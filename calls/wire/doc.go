// Package wire is the protocol between a phone and a server: the model's JSON,
// one object per WebSocket text frame.
//
// See Frame, Decode and Encode.
package wire
