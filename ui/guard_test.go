package ui

import (
	"context"
	"io"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"tring/guard"
)

// bomb is a screen in which one thing panics.
type bomb string

type nudge struct{}

func (b bomb) at(where string) {
	if string(b) == where {
		panic(where)
	}
}

func (b bomb) command(where string) tea.Cmd {
	return func() tea.Msg {
		b.at(where)
		return nudge{}
	}
}

func (b bomb) Init() tea.Cmd {
	b.at("init")
	return tea.Batch(b.command("one of several commands"), b.command("another"))
}

func (b bomb) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if _, ok := msg.(nudge); ok {
		b.at("update")
		return b, b.command("command")
	}
	return b, nil
}

func (b bomb) View() tea.View {
	b.at("view")
	return tea.NewView("a screen")
}

// TestAPanicIsTheGuards: wherever in a screen it is, the guard has it rather than
// Bubble Tea, which would print it on this process's stderr.
func TestAPanicIsTheGuards(t *testing.T) {
	for _, where := range []string{"init", "update", "view", "command", "one of several commands"} {
		t.Run(where, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			told := make(chan any, 1)
			g := guard.New(func(reason any, _ []byte) {
				select {
				case told <- reason:
				default:
				}
				cancel()
			})
			in, typing := io.Pipe()
			defer typing.Close()
			program := NewProgram(bomb(where), g, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(io.Discard),
				tea.WithWindowSize(80, 24), tea.WithoutSignalHandler())
			_, _ = program.Run() // ends by its context
			select {
			case reason := <-told:
				if reason != where {
					t.Errorf("the guard was told %v", reason)
				}
			default:
				t.Error("the guard was told nothing")
			}
		})
	}
}
