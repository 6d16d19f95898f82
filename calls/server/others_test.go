package server

import (
	"fmt"
	"maps"
	"testing"

	"tring/calls"
)

// A gateway of many phones lists them in several notices, and none of the phones
// is away meanwhile; one that comes or goes between two notices counts as it is.
func TestLongListOfAnotherGateway(t *testing.T) {
	s, _ := open(t, Config{})
	o := s.others
	device := func(i int) onlineDevice {
		return onlineDevice{calls.Viewer{User: userOf(i), Device: calls.DeviceID(fmt.Sprintf("D%d", i))}, "phone"}
	}
	all := map[calls.Viewer]string{}
	var list []onlineDevice
	for i := range 5 {
		list = append(list, device(i))
		all[device(i).Viewer] = "phone"
	}
	is := func(when string) {
		t.Helper()
		if got := o.gateways["other"].devices; !maps.Equal(got, all) {
			t.Errorf("%s: %v are online, want %v", when, got, all)
		}
	}
	tell := func(n notice) { n.Gateway = "other"; o.take(n) }
	tell(notice{Kind: "list", Devices: list})
	is("after the first list")
	tell(notice{Kind: "list", Devices: list[:2], More: true})
	is("in the middle of a list")
	tell(notice{Kind: "online", Devices: []onlineDevice{device(7)}})
	tell(notice{Kind: "offline", Devices: list[:1]})
	all[device(7).Viewer] = "phone"
	delete(all, list[0].Viewer)
	is("after news in the middle of a list")
	tell(notice{Kind: "list", Devices: list[2:], Part: 1})
	is("after the list")
	tell(notice{Kind: "list", Devices: list[:3], More: true}) // its end is lost
	tell(notice{Kind: "list", Devices: list[4:]})
	all = map[calls.Viewer]string{list[4].Viewer: "phone"}
	is("after a list whose end was lost, and the next")
	tell(notice{Kind: "list"})
	all = map[calls.Viewer]string{}
	is("after an empty list")
}

func userOf(i int) calls.UserID { return calls.UserID(fmt.Sprintf("u%d", i)) }
