package cli

import (
	"context"
	"os/exec"
	"strings"
)

// askSoundServer asks PulseAudio, or PipeWire in its place, what its default
// devices are: names for people, with what is plugged into them in brackets:
// "Built-in Audio Analog Stereo (Headphones)". PortAudio calls all of them
// "default". It is not ok where no such server answers.
func askSoundServer(ctx context.Context) (source, sink string, ok bool) {
	info, err := pactl(ctx, "info")
	if err != nil {
		return "", "", false
	}
	sources, err := pactl(ctx, "list", "sources")
	if err != nil {
		return "", "", false
	}
	sinks, err := pactl(ctx, "list", "sinks")
	if err != nil {
		return "", "", false
	}
	return serverDevice(sources, entry(info, "Default Source")), serverDevice(sinks, entry(info, "Default Sink")), true
}

// pactl is the server's own tool, in its own language.
func pactl(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "pactl", args...)
	cmd.Env = append(cmd.Environ(), "LC_ALL=C")
	out, err := cmd.Output()
	return string(out), err
}

// serverDevice finds a device in the server's list by its id: its description,
// its active port, or its shape where it has no ports.
func serverDevice(list, id string) string {
	if id == "" {
		return ""
	}
	for device := range strings.SplitSeq(list, "\n\n") {
		if entry(device, "Name") != id {
			continue
		}
		name := entry(device, "Description")
		port := entry(device, "Active Port")
		if port, _, _ = strings.Cut(entry(device, port), " ("); port == "" {
			port = strings.Trim(entry(device, "device.form_factor"), `"`)
		}
		if port != "" {
			name += " (" + port + ")"
		}
		return name
	}
	return id
}

// entry is the value of a line "key: value" or "key = value"; empty without one.
func entry(text, key string) string {
	if key == "" {
		return ""
	}
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), key)
		if !ok {
			continue
		}
		if value, ok := strings.CutPrefix(rest, ":"); ok {
			return strings.TrimSpace(value)
		}
		if value, ok := strings.CutPrefix(rest, " ="); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
