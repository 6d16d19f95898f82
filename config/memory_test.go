package config

import (
	"fmt"
	"maps"
	"os"
	"testing"
)

func TestAPhoneRemembers(t *testing.T) {
	p := Paths{State: t.TempDir()}
	ann := Account{Server: "wss://phone.example.org", User: "ann"}
	same := Account{Server: "wss://phone.example.org:7433/", User: "ann"}
	bob := Account{Server: "wss://phone.example.org", User: "bob"}
	remember := func(change func(*Memory)) {
		t.Helper()
		if err := Remember(p, change); err != nil {
			t.Fatal(err)
		}
	}
	knows := func(a Account, want map[string]float64) Memory {
		t.Helper()
		m, err := LoadMemory(p)
		if err != nil || !maps.Equal(m.VolumesOf(a), want) {
			t.Errorf("%s has %v, %v, want %v", a.User, m.VolumesOf(a), err, want)
		}
		return m
	}
	if knows(ann, map[string]float64{}).GuideSeen {
		t.Error("a new phone has seen the guide")
	}
	remember(func(m *Memory) { m.SetVolume(ann, "carla", 3) })
	remember(func(m *Memory) { m.SetVolume(same, "carla", 6); m.GuideSeen = true })
	remember(func(m *Memory) { m.SetVolume(bob, "carla", -9) })
	if !knows(ann, map[string]float64{"carla": 6}).GuideSeen {
		t.Error("the guide is forgotten")
	}
	knows(bob, map[string]float64{"carla": -9})
	remember(func(m *Memory) { m.SetVolume(ann, "carla", 0) })
	if m := knows(ann, map[string]float64{}); len(m.Volumes) != 1 {
		t.Errorf("what is as it comes has a place: %v", m.Volumes)
	}

	remember(func(m *Memory) {
		for i := range maxVolumes + 7 {
			m.SetVolume(ann, fmt.Sprint("user", i), 3)
		}
	})
	m, err := LoadMemory(p)
	if _, newest := m.VolumesOf(ann)[fmt.Sprint("user", maxVolumes+6)]; err != nil || len(m.Volumes) != maxVolumes || !newest {
		t.Errorf("%d are remembered, the newest: %v; %v", len(m.Volumes), newest, err)
	}

	if err := os.WriteFile(p.memory(), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if m, err := LoadMemory(p); err == nil || m.GuideSeen {
		t.Errorf("a broken file: %+v, %v", m, err)
	}
	remember(func(m *Memory) { m.GuideSeen = true })
	if !knows(ann, map[string]float64{}).GuideSeen {
		t.Error("a broken file is not made anew")
	}
}
