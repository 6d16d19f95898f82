package wire

import "tring/calls"

// Requests about people, history and the own account.
type (
	// History asks for a page of the own history: answered by HistoryPage.
	History struct{ calls.HistoryFilter }
	// HistoryPage answers History.
	HistoryPage struct{ calls.HistoryPage }
	// MarkSeen says that missed calls up to this one were looked at: answered by
	// OK.
	MarkSeen struct {
		Until calls.ID `json:"until"`
	}
	// Directory asks whom one may call: answered by DirectoryPage.
	Directory struct{ calls.DirectoryQuery }
	// DirectoryPage answers Directory.
	DirectoryPage struct{ calls.DirectoryPage }
	// Presence tells of a contact as it is now, or that it was removed. Total is
	// how many the directory holds, where that has changed.
	Presence struct {
		calls.Contact
		Removed bool `json:"removed,omitempty"`
		Total   int  `json:"total,omitempty"`
	}
	// AccountEvent tells the account's phones what they share, as it is now: after
	// a change of the settings, a missed call, or a look at the missed calls.
	AccountEvent struct {
		Settings    calls.Settings `json:"settings"`
		MissedCount int            `json:"missed_count"`
	}
	// SetPresence sets the own presence: online, away or dnd.
	SetPresence struct {
		Presence calls.Presence `json:"presence"`
	}
	// SetFavourite marks a contact as favourite, or not.
	SetFavourite struct {
		Receiver calls.Receiver `json:"receiver"`
		On       bool           `json:"on"`
	}
	// SetBlocked blocks a user, or lifts the block.
	SetBlocked struct {
		User calls.UserID `json:"user"`
		On   bool         `json:"on"`
	}
	// SetSettings sets the account's settings; empty fields stay as they are.
	SetSettings struct{ calls.Settings }
	// Phones asks for the phones of the own account: answered by PhonesPage.
	Phones struct{}
	// PhonesPage answers Phones.
	PhonesPage struct {
		Phones []calls.PhoneInfo `json:"phones"`
	}
	// RemovePhone signs a phone of the own account out for good.
	RemovePhone struct {
		Device calls.DeviceID `json:"device"`
	}
)

// Type implements Message.
func (History) Type() string       { return "history.list" }
func (HistoryPage) Type() string   { return "history.page" }
func (MarkSeen) Type() string      { return "history.seen" }
func (Directory) Type() string     { return "directory.list" }
func (DirectoryPage) Type() string { return "directory.page" }
func (Presence) Type() string      { return "presence.event" }
func (AccountEvent) Type() string  { return "account.event" }
func (SetPresence) Type() string   { return "presence.set" }
func (SetFavourite) Type() string  { return "contact.favourite" }
func (SetBlocked) Type() string    { return "contact.block" }
func (SetSettings) Type() string   { return "settings.set" }
func (Phones) Type() string        { return "phones.list" }
func (PhonesPage) Type() string    { return "phones.page" }
func (RemovePhone) Type() string   { return "phones.remove" }
