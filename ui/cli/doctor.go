package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"tring/audio/portaudio"
	"tring/calls/signaling"
	"tring/config"
)

// finding is one line of the doctor's.
type finding struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	Text string `json:"text"`
}

func (a *app) doctorCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "doctor", Short: "Check the server, the sign-in, the sound and the terminal", Args: noArguments,
		RunE: a.does(func(ctx context.Context, _ []string) error { return a.doctor(ctx, asJSON) }),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	return cmd
}

func (a *app) doctor(ctx context.Context, asJSON bool) (err error) {
	s := &session{tool: true}
	defer func() { err = errors.Join(err, s.close()) }()
	found := a.examine(ctx, s)
	failed := 0
	for _, f := range found {
		if !f.OK {
			failed++
		}
	}
	if asJSON {
		err = printJSON(a, found)
	} else {
		err = a.prescribe(found)
	}
	if err == nil && failed > 0 {
		err = &exitError{code: exitFailure}
	}
	return err
}

func (a *app) prescribe(found []finding) error {
	for _, f := range found {
		mark := "ok"
		if !f.OK {
			mark = "!!"
		}
		if _, err := fmt.Fprintf(a.out, "%s  %-9s %s\n", mark, f.What, f.Text); err != nil {
			return err
		}
	}
	return nil
}

// examine looks at everything, whatever fails.
func (a *app) examine(ctx context.Context, s *session) []finding {
	paths, settings, found := a.examineSettings()
	found = append(found, a.examineServer(ctx, s, paths, settings))
	if err := a.redirect(s, paths); err != nil {
		found = append(found, verdict("log", "", err))
	}
	found = append(found, examineSound(ctx, settings))
	return append(found, a.examineTerminal(settings)...)
}

// examineSettings reads the settings, also as far as commands do that ring or
// call.
func (a *app) examineSettings() (config.Paths, config.Settings, []finding) {
	paths, settings, err := a.home()
	_, bell := tonesOf(settings.Sound, a.getenv)
	var found []finding
	for _, wrong := range []error{err, bell, checkCountry(settings.Sound.Country)} {
		if wrong != nil {
			found = append(found, verdict("settings", "", wrong))
		}
	}
	if found == nil {
		found = []finding{verdict("settings", paths.Settings(), nil)}
	}
	return paths, settings, found
}

func verdict(what, good string, err error) finding {
	if err != nil {
		return finding{what, false, explain(err)}
	}
	return finding{what, true, good}
}

// examineServer signs in once.
func (a *app) examineServer(ctx context.Context, s *session, paths config.Paths, settings config.Settings) finding {
	account, err := a.account(s, paths, settings)
	if err == nil && account.URL == "" {
		err = errNoAccount
	}
	if err == nil {
		_, err = checkAccount(ctx, signaling.Options(account))
	}
	return verdict("server", fmt.Sprintf("signed in to %s as %s", account.URL, account.User), err)
}

func examineSound(ctx context.Context, settings config.Settings) finding {
	found, err := portaudio.List()
	if err != nil {
		return verdict("sound", "", err)
	}
	inputs, outputs := 0, 0
	for _, d := range found {
		inputs += min(d.Inputs, 1)
		outputs += min(d.Outputs, 1)
	}
	if inputs == 0 || outputs == 0 {
		return finding{"sound", false, fmt.Sprintf("%d microphones, %d speakers: calls work silently; "+
			"plug a device in, or start the sound server", inputs, outputs)}
	}
	chosen := portaudio.Options{Input: settings.Input, Output: settings.Output}
	err = errors.Join(chosen.Check(found), portaudio.Options{Output: settings.Sound.Ring}.Check(found))
	clean := soundSpec{kind: "default"}.processing(settings, slog.New(slog.DiscardHandler))
	return verdict("sound", fmt.Sprintf("%d microphones, %d speakers; %s", inputs, outputs, clean.decide(ctx)), err)
}
