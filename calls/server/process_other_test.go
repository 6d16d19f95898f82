//go:build !linux

package server

func serveAsProcess() bool { return false }
