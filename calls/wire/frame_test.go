package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tring/calls"
)

var update = flag.Bool("update", false, "write the golden frames in testdata anew")

var (
	at    = time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	id    = CallID{"01JNRZ5A3V9QJ0C6Y7T3M2B8KD"}
	bobs  = calls.Device{ID: "01JNRYB0BP0NE0000000000000", Label: "laptop"}
	adas  = calls.Device{ID: "01JNRYADAP0NE0000000000000", Label: "desk"}
	state = calls.CallState{
		Call: calls.Call{
			ID: id.Call, Type: calls.Audio, Status: calls.Ongoing, Initiator: "ada", Receiver: calls.User("bob"),
			Parties: []calls.Party{
				{User: "ada", Name: "Ada Lovelace", State: calls.PartyJoined, Device: adas.ID, Label: adas.Label, JoinedAt: at},
				{User: "bob", Name: "Bob Okafor", State: calls.PartyJoined, Device: bobs.ID, Label: bobs.Label, Ringing: []calls.Device{bobs}, JoinedAt: at.Add(4 * time.Second)},
			},
			RingTime: 45_000, InitiatedAt: at, AnsweredAt: at.Add(4 * time.Second), Revision: 4711,
		},
		TalkedFor: 20,
		Grant: calls.Grant{
			Token: "v1.eyJj…", TTL: 3_600_000,
			Servers: []calls.Server{{URLs: []string{"turn:192.0.2.7:7433"}, Username: "1772361000:bob", Credential: "c2VjcmV0"}},
		},
	}
	bob = calls.Contact{Receiver: calls.User("bob"), Name: "Bob Okafor", Presence: calls.Online, Phones: []string{"laptop"}}
)

// examples has one frame of each type: the golden files are made from it, and
// they are the examples of the documentation.
var examples = []Frame{
	{Body: Hello{Version: Version, User: "bob", Device: bobs, Kind: "phone", Key: "ssh-ed25519 AAAAC3Nz…", Known: []calls.ID{id.Call}}},
	{Body: Challenge{Version: Version, Nonce: "q83vASNFZ4k=", Server: "phone.example.org"}},
	{Body: Proof{Signature: "-----BEGIN SSH SIGNATURE-----\n…\n-----END SSH SIGNATURE-----\n"}},
	{Body: Enrol{Invite: "7Jx0Yt2mQ1uWc3Vb4NdE", Signature: "-----BEGIN SSH SIGNATURE-----\n…\n-----END SSH SIGNATURE-----\n"}},
	{Body: Enrolled{User: "bob", Name: "Bob Okafor"}},
	{Body: Welcome{calls.Snapshot{
		Me:    calls.Identity{User: "bob", Name: "Bob Okafor", Device: bobs, Server: "phone.example.org"},
		Calls: []calls.CallState{state}, Contacts: []calls.Contact{bob}, MissedCount: 1, Renew: 10_000,
		Settings: calls.Settings{WhenBusy: calls.Ask, Presence: calls.Online},
		Limits:   calls.Limits{RingTimeMin: 5_000, RingTimeMax: 180_000, GroupParties: 8},
	}}},
	{Re: 7, Body: OK{}},
	{Re: 7, Body: Error{Code: "answered_elsewhere", Text: "accept call: answered on another phone", Call: &state}},
	{Re: 7, Body: CallResult{state}},
	{Body: CallEvent{Events: []calls.EventName{calls.OutgoingCallAccepted, calls.UserJoined}, CallState: state}},
	{Body: Relayed{CallID: id, From: adas.ID, Payload: []byte(`{"kind":"offer"}`)}},
	{Body: Presence{Contact: bob, Total: 12}},
	{Body: AccountEvent{Settings: calls.Settings{WhenBusy: calls.Ask, Presence: calls.Away}, MissedCount: 2}},
	{Seq: 1, Body: InitiateCall{CallID: id, Receiver: calls.User("bob"), CallType: calls.Video, RingTime: 30_000}},
	{Seq: 2, Body: Ringing{id}},
	{Seq: 3, Body: AcceptCall{CallID: id, Join: true, Ending: "01JNRZ00000000000000000000"}},
	{Seq: 4, Body: RejectCall{CallID: id, Status: calls.Busy}},
	{Seq: 5, Body: EndCall{CallID: id, Ago: 12_000}},
	{Seq: 6, Body: Token{id}},
	{Seq: 7, Body: Join{CallID: id, Token: "v1.eyJj…"}},
	{Seq: 8, Body: Leave{id}},
	{Seq: 9, Body: Signal{CallID: id, To: bobs.ID, Payload: []byte(`{"kind":"offer"}`)}},
	{Seq: 10, Body: MediaState{CallID: id, Peer: bobs.ID, State: calls.MediaConnected}},
	{Seq: 11, Body: SetMuted{CallID: id, Audio: true}},
	{Seq: 11, Body: SetRecording{CallID: id, On: true}},
	{Seq: 12, Body: Renew{CallID: id, Hears: []calls.DeviceID{bobs.ID}}},
	{Seq: 13, Body: Invite{CallID: id, User: "carla"}},
	{Seq: 14, Body: History{calls.HistoryFilter{Direction: calls.Incoming, Missed: true, Limit: 30}}},
	{Re: 14, Body: HistoryPage{calls.HistoryPage{
		Records: []calls.Record{{Call: state.Call, Direction: calls.Incoming}}, MissedCount: 1,
	}}},
	{Seq: 15, Body: MarkSeen{Until: id.Call}},
	{Seq: 16, Body: Directory{calls.DirectoryQuery{Query: "bo", Here: true, Limit: 50}}},
	{Re: 16, Body: DirectoryPage{calls.DirectoryPage{Contacts: []calls.Contact{bob}, Total: 1}}},
	{Seq: 17, Body: SetPresence{calls.DND}},
	{Seq: 18, Body: SetFavourite{Receiver: calls.User("bob"), On: true}},
	{Seq: 19, Body: SetBlocked{User: "mallory", On: true}},
	{Seq: 20, Body: SetSettings{calls.Settings{Name: "Bob Okafor", WhenBusy: calls.AnswerBusy}}},
	{Seq: 21, Body: Phones{}},
	{Re: 21, Body: PhonesPage{[]calls.PhoneInfo{{Device: bobs, Kind: "phone", Online: true, LastSeen: at, This: true}}}},
	{Seq: 22, Body: RemovePhone{bobs.ID}},
	{Seq: 23, Body: Whose{Key: "ssh-ed25519 AAAAC3Nz…"}},
	{Seq: 24, Body: EnrolKey{Key: "ssh-ed25519 AAAAC3Nz…", Invite: "7Jx0Yt2mQ1uWc3Vb4NdE"}},
	{Re: 24, Body: KeyOwner{User: "bob", Name: "Bob Okafor"}},
}

func TestEveryFrameHasAGoldenForm(t *testing.T) {
	var seen []string
	for _, f := range examples {
		seen = append(seen, f.Body.Type())
		t.Run(f.Body.Type(), func(t *testing.T) {
			data, err := Encode(f)
			if err != nil {
				t.Fatal(err)
			}
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, data, "", "  "); err != nil {
				t.Fatal(err)
			}
			pretty.WriteByte('\n')
			file := filepath.Join("testdata", "frames", f.Body.Type()+".json")
			if *update {
				if err := os.WriteFile(file, pretty.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(pretty.Bytes(), want) {
				t.Errorf("encoded:\n%s\nwant:\n%s", pretty.Bytes(), want)
			}
			back, err := Decode(want)
			if err != nil || !reflect.DeepEqual(back, f) {
				t.Errorf("decoded %+v (%v), want %+v", back, err, f)
			}
		})
	}
	for _, typ := range Types() {
		if !slices.Contains(seen, typ) {
			t.Errorf("no example for %q", typ)
		}
	}
}

func TestEveryFrameIsInTheSpecification(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, typ := range Types() {
		if !strings.Contains(string(doc), typ) {
			t.Errorf("doc.go says nothing of %q", typ)
		}
	}
}

func TestActsAndRequestsAreTheSame(t *testing.T) {
	for _, f := range examples {
		call, act, ok := Act(f.Body)
		if !ok {
			continue
		}
		switch act.(type) {
		case calls.Signal, calls.Join: // carry more than the act: a payload, a token
			continue
		}
		back, err := Request(call, act)
		if err != nil || !reflect.DeepEqual(back, f.Body) {
			t.Errorf("%s: %+v became %+v (%v)", f.Body.Type(), f.Body, back, err)
		}
	}
	for _, act := range []calls.Act{calls.RingTimeout{}, calls.Refuse{}, calls.LeaseExpired{}, calls.Signal{}} {
		if m, err := Request("x", act); err == nil {
			t.Errorf("%s became a frame of a phone: %+v", act.Verb(), m)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		data    string
		unknown bool
	}{
		"nothing":             {data: ""},
		"no JSON":             {data: "call.accept"},
		"an array":            {data: `["call.accept"]`},
		"a number":            {data: "7"},
		"no type":             {data: `{"seq":1}`, unknown: true},
		"an unknown type":     {data: `{"type":"call.teleport","seq":9}`, unknown: true},
		"a body of no object": {data: `{"type":"call.end","seq":1,"body":[]}`},
		"a field of no type":  {data: `{"type":"call.end","seq":1,"body":{"call":7}}`},
		"a negative seq":      {data: `{"type":"call.end","seq":-1}`},
		"half a millisecond":  {data: `{"type":"call.end","seq":1,"body":{"call":"x","ago_ms":0.5}}`},
		"more than a number":  {data: `{"type":"call.end","seq":1,"body":{"call":"x","ago_ms":9223372036854775808}}`},
		"bad UTF-8":           {data: "{\"type\":\"call.end\",\"body\":{\"call\":\"\xff\"}}"},
		"two frames":          {data: `{"type":"ok"}{"type":"ok"}`},
		"very deep JSON":      {data: `{"type":"ok","body":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "}"},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Decode([]byte(tc.data))
			if err == nil {
				t.Fatalf("decoded %+v", f)
			}
			if errors.Is(err, ErrUnknownType) != tc.unknown {
				t.Errorf("error %v", err)
			}
		})
	}
	if f, _ := Decode([]byte(`{"type":"call.teleport","seq":9}`)); f.Seq != 9 {
		t.Error("an unknown request cannot be answered: its seq is lost")
	}
}

func TestUnknownFieldsAreIgnored(t *testing.T) {
	f, err := Decode([]byte(`{"type":"call.end","seq":5,"colour":"red","body":{"call":"x","mood":[1,2]}}`))
	if err != nil || !reflect.DeepEqual(f, Frame{Seq: 5, Body: EndCall{CallID: CallID{"x"}}}) {
		t.Errorf("%+v, %v", f, err)
	}
}

// A phone that says nothing of how long ago it hung up did so just now.
func TestAnEndWithoutAgoIsOfNow(t *testing.T) {
	for data, want := range map[string]calls.Act{
		`{"type":"call.end","body":{"call":"x"}}`:                                         calls.End{},
		`{"type":"call.end","body":{"call":"x","ago_ms":1500}}`:                           calls.End{Ago: 1500},
		`{"type":"call.reject","body":{"call":"x","status":"cancelled"}}`:                 calls.Reject{Status: calls.Cancelled},
		`{"type":"call.reject","body":{"call":"x","status":"cancelled","ago_ms":250}}`:    calls.Reject{Status: calls.Cancelled, Ago: 250},
		`{"type":"call.reject","body":{"call":"x","status":"rejected","ago_ms":-250000}}`: calls.Reject{Status: calls.Rejected, Ago: -250_000},
	} {
		f, err := Decode([]byte(data))
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if _, act, ok := Act(f.Body); !ok || act != want {
			t.Errorf("%s is %+v, want %+v", data, act, want)
		}
	}
}

func TestErrorsKeepTheirCodeAndTheServersSecrets(t *testing.T) {
	_, err := calls.Call{}.Apply(calls.End{}, calls.Actor{User: "eve"}, at)
	e := ErrorOf(err)
	if !errors.Is(e.Err(), calls.ErrCallNotFound) {
		t.Errorf("%+v", e)
	}
	if e := ErrorOf(errors.New("open /var/lib/tring/secret: no such file")); e.Code != "internal" || strings.Contains(e.Text, "/var") {
		t.Errorf("%+v", e)
	}
}

func FuzzDecode(f *testing.F) {
	for _, e := range examples {
		data, err := Encode(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, err := Decode(data)
		if err != nil {
			return
		}
		again, err := Encode(frame)
		if err != nil {
			t.Fatalf("a decoded frame cannot be encoded: %v", err)
		}
		back, err := Decode(again)
		if err != nil {
			t.Fatalf("an encoded frame cannot be decoded: %v\n%s", err, again)
		}
		twice, err := Encode(back)
		if err != nil || !bytes.Equal(again, twice) {
			t.Fatalf("not stable: %s and %s (%v)", again, twice, err)
		}
	})
}
