package line

import (
	"fmt"
	"testing"

	"tring/calls"
)

// Those who can be called are read out first, on a server of any size.
func TestWhoIsHereComesFirst(t *testing.T) {
	for _, many := range []int{0, 500} {
		p := sitWith(t, func(_ *Console, phone *fakePhone) {
			phone.people = []calls.Contact{
				{Receiver: calls.User("zoe"), Presence: calls.Offline, Favourite: true},
				{Receiver: calls.User("adam"), Presence: calls.Offline},
			}
			for i := range many {
				phone.people = append(phone.people, calls.Contact{Receiver: calls.User(calls.UserID(fmt.Sprintf("b%03d", i))), Presence: calls.Offline})
			}
			phone.people = append(phone.people, calls.Contact{Receiver: calls.User("callback"), Presence: calls.Online, TestLine: true},
				calls.Contact{Receiver: calls.User("dan"), Presence: calls.DND}, calls.Contact{Receiver: calls.User("eve"), Presence: calls.Online})
		})
		p.reads("Welcome.", "Type ? for help.", "1. zoe, offline, favourite", "2. dan, do not disturb", "3. eve, online",
			"4. callback, test line", "5. adam, offline")
		for i := range min(many, 5) {
			p.reads(fmt.Sprintf("%d. b%03d, offline", i+6, i))
		}
		for told := 10; told < many+5; told += 10 {
			p.reads("Type n for more.")
			p.types("n")
			for i := range min(10, many+5-told) {
				p.reads(fmt.Sprintf("%d. b%03d, offline", told+i+1, told+i-5))
			}
		}
		p.enters("n", "There is no more.")
	}
}
