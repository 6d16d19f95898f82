package ui

import (
	"reflect"
	"time"

	tea "charm.land/bubbletea/v2"

	"tring/guard"
)

// When the terminal is written. Bubble Tea looks for a new picture at every tick of
// a clock: thirty times a second that costs an idle telephone more than all else it
// does, and each key waits for the next tick, the first picture for a whole one. So
// its clock is set anew at each picture, and slows down in between.
const (
	between  = time.Second / framesPerSecond // between two pictures at least
	gather   = 2 * time.Millisecond          // what is drawn so soon after another is one picture
	opening  = 10 * time.Millisecond         // the same for the first, which what the terminal is asked goes with
	late     = 5 * time.Millisecond          // the quick clock still ticks so long after a picture, which a busy machine may delay
	later    = 100 * time.Millisecond        // and after that the usual one
	idleTick = 200 * time.Millisecond        // for what needs no new picture, such as a question to the terminal

	framesPerSecond = 30
)

// NewProgram is tea.NewProgram for a screen: a picture is written at once when it
// changed, at most thirty times a second, and an idle screen hardly wakes. The model
// that Run returns is not the one given here. The guard runs the model and its
// commands: what it keeps to itself, Bubble Tea would print on this process's stderr.
func NewProgram(model tea.Model, g guard.Guard, options ...tea.ProgramOption) *tea.Program {
	p := &paced{model: model, guard: g}
	p.program = tea.NewProgram(p, append(options, tea.WithFPS(framesPerSecond))...)
	return p.program
}

// paced is a model that sets its program's clock. It is the program's goroutine's.
type paced struct {
	model   tea.Model
	guard   guard.Guard
	program *tea.Program
	clock   *time.Ticker // nil until the program runs, or for good where it has no such clock
	slower  *time.Timer  // sets the usual clock
	idle    *time.Timer  // sets the slow one
	due     time.Time    // of the next picture, or the last
}

func (p *paced) Init() (cmd tea.Cmd) {
	p.guard.Run(func() { cmd = p.model.Init() })
	return p.guarded(cmd)
}

func (p *paced) Update(msg tea.Msg) (_ tea.Model, cmd tea.Cmd) {
	p.guard.Run(func() { p.model, cmd = p.model.Update(msg) })
	return p, p.guarded(cmd)
}

func (p *paced) View() (view tea.View) {
	p.guard.Run(func() { view = p.model.View() })
	p.soon(time.Now())
	return view
}

// guarded is a command that the guard runs, and those that it stands for.
func (p *paced) guarded(cmd tea.Cmd) tea.Cmd {
	if cmd == nil || p.guard == nil {
		return cmd
	}
	return func() (msg tea.Msg) {
		p.guard.Run(func() { msg = cmd() })
		if all, ok := msg.(tea.BatchMsg); ok {
			for i := range all {
				all[i] = p.guarded(all[i])
			}
		}
		return msg
	}
}

// soon has the clock tick when the picture may be written. Should one of the timers
// fire at the same moment, the picture comes a usual tick later.
func (p *paced) soon(now time.Time) {
	if p.clock == nil && !p.wind() || p.due.After(now) { // else it is due already
		return
	}
	soonest := now.Add(gather)
	if p.due.IsZero() {
		soonest = now.Add(opening)
	}
	if p.due = p.due.Add(between); p.due.Before(soonest) {
		p.due = soonest
	}
	wait := p.due.Sub(now)
	p.idle.Stop()
	p.clock.Reset(wait)
	p.slower.Reset(wait + late)
}

// wind finds the clock and makes what slows it down, two timers that run once each.
func (p *paced) wind() bool {
	clock := clockOf(p.program)
	if clock == nil {
		return false
	}
	p.clock = clock
	p.idle = p.guard.After(later, func() { clock.Reset(idleTick) })
	idle := p.idle
	p.slower = p.guard.After(late, func() {
		clock.Reset(between)
		idle.Reset(later)
	})
	return true
}

// clockOf is the clock that a program writes by, which Bubble Tea has no option for.
// Where a version keeps it elsewhere there is none, and the program ticks as ever.
func clockOf(program *tea.Program) *time.Ticker {
	field := reflect.ValueOf(program).Elem().FieldByName("ticker")
	if !field.IsValid() || field.Type() != reflect.TypeFor[*time.Ticker]() {
		return nil
	}
	return (*time.Ticker)(field.UnsafePointer())
}
