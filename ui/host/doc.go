// Package host is the telephone for people who come by ssh: it lets them in by
// their keys, and gives each login a terminal, a command and a line for sound.
package host
