// Package wire is the protocol between a phone and a server, and the only thing
// beside tring/calls that they share. This page is its specification: another
// implementer needs nothing else.
//
// It refuses to know about sockets, files and clocks: Decode and Encode turn
// bytes into frames and back, and SignSSH and VerifySSH do the same for proofs.
// All of it is safe for concurrent use; nothing here has state.
//
// # Transport
//
// A phone opens a WebSocket (RFC 6455) at path /v1/phone with the subprotocol
// "tring.v1": wss:// anywhere, ws:// on loopback only. Compression is not used.
// Every text message is one frame; binary messages are refused. A frame may have
// 4 KiB before sign-in and 64 KiB after. The phone pings every 10 s; either side
// takes a connection that was silent for 25 s for dead.
//
// # Frame
//
// A frame is one JSON object in UTF-8:
//
//	{"type": "call.accept", "seq": 7, "body": {"call": "01J…", "join": true}}
//
//	type   what the frame is; the tables below have all of them
//	seq    the number that a phone gives its request, from 1 upwards
//	re     in an answer: the seq of the request
//	body   the fields of this type; absent if it has none
//
// Unknown fields are ignored, so that an older phone and a newer server of the
// same major version understand each other. A request of an unknown type is
// answered with the error invalid_request. What is no frame at all, bad UTF-8
// and an oversize frame close the connection with a code:
//
//	4400  not a frame of this protocol
//	4401  sign-in refused
//	4402  the sign-in was not done within 5 s; connect again
//	4408  the phone did not read what it was sent
//	4409  the same device signed in again; the newer connection stays
//	4410  this phone was removed from its account
//	4429  too many requests or connections
//	1001  the server stops; connect again
//	1009  a frame was too large
//
// Durations are whole milliseconds in fields that end in _ms, and always what is
// left or what has passed: a phone never compares a time of day of the server
// with its own clock. Times of day are RFC 3339 in UTC, for people. Ids of calls
// and devices are ULIDs. A payload is base64.
//
// # Sign-in
//
//	phone                                server
//	hello {version, user, device, key}  ─►
//	                                    ◄─  challenge {nonce, server}
//	proof {signature}                   ─►
//	                                    ◄─  welcome {…snapshot} | error, close 4401
//
// Identity is an ssh public key. The signature is an armoured SSHSIG (OpenSSH's
// PROTOCOL.sshsig, SHA-512) in the namespace "sign-in@tring" over this text, each
// line ended by a line feed, what is not there left empty:
//
//	tring sign-in
//	nonce NONCE      of the challenge: it serves this connection only
//	server NAME      of the challenge
//	host HOST        that the phone dialled, in small letters, without port
//	user USER        of the hello
//	for USER         of the hello
//	device ID        of the hello
//
// The server takes the host from the Host header, so that it cannot pass on the
// challenge of another; a proxy must leave that header alone. An unknown name is
// challenged like a known one, and the refusal (sign_in_failed) is the same for a
// wrong name and a wrong key.
//
// The hello's kind is "phone", or another word for something that takes calls:
// it is shown to people. A connection of the kind "tool" is a command that asks
// about contacts, history or settings and goes: it is not online, nothing rings
// there, and it may share the device id of a phone that is connected. Of the
// requests about calls it may do call.end and call.reject, which that phone could
// not send; the others are refused.
//
// Somebody with an invite sends hello without a user, and answers the challenge
// with enrol {invite, signature} in place of proof: the server binds the key to
// the invite's account, answers enrolled, and closes. What is printed as an
// invite is the secret, and, for a server with a certificate of its own, a dot
// and the pin: the SHA-256 of the certificate's SubjectPublicKeyInfo, base64url
// without padding. Only the secret is sent.
//
// An ssh host signs in with its own key, which the administrator enrolled, for
// people who come to it by ssh: with for, it is welcomed as that user, and the
// connection is a phone of theirs, of the kind "ssh", or a tool. It leaves out
// user, for its key says who it is. Without for it may only be a tool, and only
// ask what is below under Requests of an ssh host. Whether a key is no host's, or
// nobody has the name in for, the refusal is the same. What a host holds for
// people ends with code 4410 when it is removed or has another key.
//
// The welcome is a full snapshot, on the first connect as on any other: the own
// live calls, the final states of the calls that hello named in known, contacts,
// missed calls, settings. What a phone makes of it is calls.Events of what it saw
// last and what is there now; so a reconnect is no special case.
//
// # Versions
//
// The subprotocol, hello and challenge carry the major version. Within one, fields
// and frames are only ever added: what one side does not know it ignores, or
// answers with invalid_request, and what it does not get has a meaning when it is
// absent. A hello of another major version is refused with the error version and
// close 4401, and a phone that is challenged in another one says the same and stops.
//
// # Requests about a call
//
//	call.initiate   receiver, call_type, ring_time_ms    places a call under an id that the phone chose
//	call.ringing                                         this phone truly rings
//	call.accept     join, ending                         answers; joins in the same step; gives up another call
//	call.reject     status: rejected | busy | cancelled, ago_ms
//	call.end        ago_ms                               hangs up
//	call.token                                           a fresh token and media servers
//	call.join       token                                joins the media session
//	call.leave                                           leaves it; a two-party call ends
//	call.signal     to, payload                          relayed unread to a device of the session
//	call.media      peer, state: connected | lost
//	call.mute       audio, video
//	call.record     on                                   this phone records; the others are told
//	call.renew      hears                                every 10 s while joined
//	call.invite     user
//
// All have the field call, the call's id. The answer is call.result with the call
// as it is now (for call.signal and call.renew: ok), or error with a code, a text,
// and the call where the phone may know it. Any of them may be sent twice: a
// repeated act of the same device is answered with the call as it is.
//
// A phone that could not tell the end of a call at once tells it after the
// reconnect, also when it was switched off in between, with ago_ms: how long ago it
// was. The server takes an hour at most, and nothing before the last that it knows
// of the call. Without ago_ms it was now. A cancel, or the reject of the phone that
// accepted, which comes after the accept, ends the call.
//
// Whose call.end the server takes first is who ended the call. So a phone that
// hears its peer hang up by the media leaves it to the peer to tell, and sends
// call.end itself only where it has not heard of the end 2 s later, or before it
// places or answers another call.
//
// call.result and call.event carry, beside the call, ring_left_ms (how long it
// goes on ringing), talked_ms (how long ago it was answered) and, for a phone in
// the session, grant: the token, STUN and TURN servers, and how long they hold.
//
// # What the server says unasked
//
//	call.event       events, reason, call, …   a call changed; events names what a phone hears that saw the change before
//	call.relayed     call, from, payload       another device's call.signal
//	presence.event   a contact as it is now; or removed; total, where the directory holds more or fewer now
//	account.event    settings, missed_count       what the account's phones share, as it is now
//
// A call's revision only grows. A phone drops a state that is not newer than the
// one it has, and any state of a call that it knows to be over.
//
// # Requests about people and the account
//
//	directory.list     query, here, page, limit   → directory.page
//	history.list       direction, status, type, missed, with, before, limit   → history.page, newest first
//	history.seen       until                  → ok
//	presence.set       online | away | dnd    → ok
//	contact.favourite  receiver, on           → ok
//	contact.block      user, on               → ok
//	settings.set       name, when_busy        → ok
//	phones.list                               → phones.page
//	phones.remove      device                 → ok
//
// # Requests of an ssh host
//
//	key.whose    key            → key.owner | error unknown_key
//	key.enrol    key, invite    → key.owner
//
// A host asks them for somebody who has proved the key to it. They are refused to
// everybody else, and a host that is nobody's phone is refused anything else.
//
// # Errors
//
// An error has a code that never changes and a text for people; calls.Error lists
// them. To somebody who is not in a call, it does not exist: call_not_found.
//
// # Media payloads
//
// The server relays call.signal without looking into it. Between tring phones a
// payload is JSON, described in tring/calls/media.
package wire
