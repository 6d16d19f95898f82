package ui

import (
	"bytes"
	"context"
	"io"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/vt"
)

// still is a picture that never changes.
type still struct{ view tea.View }

func (s still) Init() tea.Cmd                       { return nil }
func (s still) Update(tea.Msg) (tea.Model, tea.Cmd) { return s, nil }
func (s still) View() tea.View                      { return s.view }

// terminal is what a terminal shows that was sent the present screen, byte for
// byte, by a program that takes it to have these colours.
func (d *desk) terminal(colours colorprofile.Profile) *vt.Emulator {
	d.t.Helper()
	var wire bytes.Buffer
	in, keyboard := io.Pipe()
	ctx, end := context.WithCancel(context.Background())
	program := tea.NewProgram(still{d.model.View()}, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(&wire),
		tea.WithWindowSize(d.model.width, d.model.height), tea.WithoutSignalHandler(),
		tea.WithColorProfile(colours), tea.WithEnvironment([]string{"TERM=xterm-256color"}))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = program.Run() // ended by end
	}()
	time.Sleep(time.Second) // the bubble's time: the first frame is out
	synctest.Wait()
	sent := bytes.Clone(wire.Bytes()) // its end would wipe the screen
	end()
	_ = keyboard.Close()
	<-done
	em := vt.NewEmulator(d.model.width, d.model.height)
	answers := make(chan struct{})
	go func() {
		defer close(answers)
		_, _ = io.Copy(io.Discard, em)
	}()
	_, err := em.Write(bytes.ReplaceAll(sent, []byte("\n"), []byte("\r\n")))
	if err != nil {
		d.t.Fatal(err)
	}
	if c, ok := em.InputPipe().(io.Closer); ok {
		_ = c.Close()
	}
	<-answers
	return em
}
