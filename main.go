// Command tring is a telephone that lives in the terminal: the phone, the
// server, and everything to look after both. See package tring/ui/cli.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"tring/ui/cli"
)

// version is set by the linker: -ldflags "-X main.version=1.2.3".
var version string

func main() { os.Exit(run()) }

// again is how long after the first signal another counts as the same: timeout(1)
// and some shells send it to the process and once more to its group.
const again = time.Second

// run runs one command. The first signal asks it to end politely; with a later
// one the system ends it. A reader that goes away (tring call | head) is an
// error like any other, so that the phone still hangs up.
func run() int {
	runtime.MemProfileRate = 0 // samples that nobody ever asks for
	return runBy(time.Now)
}

// runBy runs it by this clock.
func runBy(now func() time.Time) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, func() { time.AfterFunc(again, stop) })
	signal.Ignore(syscall.SIGPIPE)
	return cli.Main(ctx, cli.Env{
		Args: os.Args[1:], In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, Version: version, Now: now,
	})
}
