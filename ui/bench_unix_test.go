//go:build unix

package ui

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"tring/calls"
)

// counter is a terminal that counts what is written to it.
type counter struct{ bytes atomic.Int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.bytes.Add(int64(len(p)))
	return len(p), nil
}

// spent is the processor time of this process.
func spent(b *testing.B) time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// BenchmarkCallOnScreen is ten seconds of a call with both talking: what the
// screen costs, without sound and network.
func BenchmarkCallOnScreen(b *testing.B) {
	for _, size := range []struct{ width, height int }{{80, 24}, {120, 40}, {200, 60}} {
		b.Run(fmt.Sprintf("%dx%d", size.width, size.height), func(b *testing.B) {
			const span = 10 * time.Second
			var wrote int64
			var used time.Duration
			ops := 0
			for b.Loop() {
				bytes, cpu := talkFor(b, size.width, size.height, span)
				wrote, used, ops = wrote+bytes, used+cpu, ops+1
			}
			all := span.Seconds() * float64(ops)
			b.ReportMetric(float64(wrote)/all, "B/s")
			b.ReportMetric(100*used.Seconds()/all, "%cpu")
		})
	}
}

func talkFor(b *testing.B, width, height int, span time.Duration) (bytes int64, cpu time.Duration) {
	tel := newTelephone(time.Now)
	tel.connect(contact("mei", "陈美玲 Mei", calls.Online))
	m := New(Config{Agent: tel, Theme: ThemeDark, Motion: true, Stats: tel.Stats, NewCallID: func() calls.ID { return testCall }})
	if err := m.dial(calls.User("mei"), calls.Audio)().(doneMsg).err; err != nil {
		b.Fatal(err)
	}
	tel.act(testCall, "mei", "phone", calls.Accept{Join: true})
	tel.media(testCall, "mei-phone", calls.MediaConnected)
	in, keys := io.Pipe()
	out := &counter{}
	ctx, cancel := context.WithCancel(context.Background())
	p := NewProgram(m, nil, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out),
		tea.WithWindowSize(width, height), tea.WithoutSignalHandler(),
		tea.WithEnvironment([]string{"TERM=xterm-256color", "COLORTERM=truecolor"}))
	done := make(chan error, 1)
	go func() {
		_, err := p.Run()
		done <- err
	}()
	voice := time.NewTicker(100 * time.Millisecond)
	defer voice.Stop()
	for range 10 {
		<-voice.C // until the first pictures are drawn
	}
	wrote, used := out.bytes.Load(), spent(b)
	for i := range int(span / (100 * time.Millisecond)) {
		tel.speak(-40+float64(i*7%40), -40+float64(i*11%40))
		<-voice.C
	}
	bytes, cpu = out.bytes.Load()-wrote, spent(b)-used
	cancel()
	_ = keys.Close()
	<-done // the error says that it was cancelled
	return bytes, cpu
}
