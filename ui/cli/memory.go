package cli

import (
	"cmp"
	"context"

	"tring/config"
	"tring/ui"
	"tring/ui/line"
)

// volumes are how loud the account of a session has made each person, and what
// remembers one more. A trial remembers none: nobody in it comes again.
func (a *app) volumes(s *session) (map[string]float64, func(context.Context, string, float64) error) {
	if s.trial != nil {
		return nil, nil
	}
	paths := config.Locate(a.getenv)
	own := config.Account{Server: s.account.URL, User: string(cmp.Or(s.account.For, s.account.User))}
	known, err := config.LoadMemory(paths)
	if err != nil {
		s.log.Warn("volumes of the people: " + err.Error())
	}
	return known.VolumesOf(own), func(_ context.Context, who string, db float64) error {
		return config.Remember(paths, func(m *config.Memory) { m.SetVolume(own, who, db) })
	}
}

// attend gives a console what the person's own terminal and desktop are for, and
// what is remembered.
func (a *app) attend(s *session, c *line.Console) {
	c.Volumes, c.KeepVolume = a.volumes(s)
	if a.hosted != nil {
		c.Bell = a.hosted.login.Terminal != nil
		return
	}
	_, _, c.Bell = a.terminals()
	c.Guide, c.Desktop = a.guide(s), desktop(ui.TerminalOf(a.getenv), a.getenv)
}

// guideSeen says whether the guide for the first run was looked at, and remembers
// that it was.
func (a *app) guideSeen(s *session) (seen bool, remember func()) {
	paths := config.Locate(a.getenv)
	known, err := config.LoadMemory(paths)
	if err != nil {
		s.log.Warn("guide: " + err.Error())
	}
	return known.GuideSeen, func() {
		if err := config.Remember(paths, func(m *config.Memory) { m.GuideSeen = true }); err != nil {
			s.log.Warn("guide: " + err.Error())
		}
	}
}
