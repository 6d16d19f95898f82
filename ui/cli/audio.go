package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tring/audio"
	"tring/audio/portaudio"
	"tring/config"
)

func (a *app) audioCommand() *cobra.Command {
	var asJSON bool
	list := &cobra.Command{
		Use: "list", Short: "List the microphones and speakers", Args: noArguments,
		RunE: a.does(func(context.Context, []string) error { return a.listAudio(asJSON) }),
	}
	list.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	return group("audio", "List and test the sound devices, and score what was heard", list, a.audioTestCommand(), a.scoreCommand())
}

func (a *app) listAudio(asJSON bool) (err error) {
	s := &session{}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := a.quieten(s); err != nil {
		return err
	}
	found, err := portaudio.List()
	if err != nil {
		return err
	}
	if asJSON {
		all := make([]listedDevice, len(found))
		for i, d := range found {
			all[i] = listedDevice{d, isHeadset(d)}
		}
		return printJSON(a, all)
	}
	if len(found) == 0 {
		a.say("No sound device found. Calls work silently; plug one in, or start the sound server.")
		return nil
	}
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, d := range found {
		fmt.Fprintf(t, "%s\t%s\t%s\n", d.Name, d.HostAPI, deviceUse(d))
	}
	return t.Flush()
}

// listedDevice is a device with a guess of what it is.
type listedDevice struct {
	portaudio.DeviceInfo
	Headset bool `json:"headset"` // by its name: it sounds into ears, so nothing comes back
}

func isHeadset(d portaudio.DeviceInfo) bool {
	return d.Outputs > 0 && !audio.GuessEcho("", d.Name).Echo
}

// quieten keeps what sound libraries print in the log.
func (a *app) quieten(s *session) error {
	paths := config.Locate(a.getenv)
	if err := paths.Make(); err != nil {
		return err
	}
	return a.redirect(s, paths)
}

func deviceUse(d portaudio.DeviceInfo) string {
	var uses []string
	for _, u := range []struct {
		channels int
		standard bool
		name     string
	}{{d.Inputs, d.DefaultInput, "microphone"}, {d.Outputs, d.DefaultOutput, "speaker"}} {
		switch {
		case u.channels > 0 && u.standard:
			uses = append(uses, u.name+" (default)")
		case u.channels > 0:
			uses = append(uses, u.name)
		}
	}
	if isHeadset(d) {
		uses = append(uses, "a headset by its name")
	}
	return strings.Join(uses, ", ")
}
