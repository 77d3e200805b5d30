package provider

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// A LockToken is the right to ack, abandon or renew what one fetch locked. It is opaque text to its holder.
//
// It holds a random UUID, which the server keeps too, and what the fetch returned: the instance and the ids of its
// messages, or the id of the work item. A strategy thereby finds every row by primary key and deletes exactly the
// messages that were read, without having stamped them.
type LockToken string

// A TurnLock is a decoded token of an orchestration item.
type TurnLock struct {
	Token      string // a UUID
	InstanceID string
	MessageIDs []int64 // ascending, not empty
}

// A WorkLock is a decoded token of a work item.
type WorkLock struct {
	Token string // a UUID
	ID    int64
}

// newToken mints a version 4 UUID. crypto/rand never fails on the systems Go supports.
func newToken() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	var s [36]byte
	hex.Encode(s[:8], b[:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:], b[10:])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}

func (l TurnLock) encode() LockToken {
	ids := make([]byte, 0, 16)
	previous := int64(0)
	for _, id := range l.MessageIDs {
		ids = binary.AppendVarint(ids, id-previous)
		previous = id
	}
	return LockToken("turn:" + l.Token + ":" + base64.RawURLEncoding.EncodeToString(ids) + ":" + l.InstanceID)
}

func decodeTurnLock(t LockToken) (TurnLock, error) {
	parts := strings.SplitN(string(t), ":", 4)
	if len(parts) != 4 || parts[0] != "turn" || !isUUID(parts[1]) || parts[3] == "" {
		return TurnLock{}, lostToken(t)
	}
	packed, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(packed) == 0 {
		return TurnLock{}, lostToken(t)
	}
	l := TurnLock{Token: parts[1], InstanceID: parts[3]}
	for id := int64(0); len(packed) > 0; {
		step, n := binary.Varint(packed)
		if n <= 0 || step <= 0 || id+step < id {
			return TurnLock{}, lostToken(t)
		}
		id += step
		l.MessageIDs = append(l.MessageIDs, id)
		packed = packed[n:]
	}
	return l, checkText("lock token", l.InstanceID)
}

func (l WorkLock) encode() LockToken {
	return LockToken("work:" + l.Token + ":" + strconv.FormatInt(l.ID, 10))
}

func decodeWorkLock(t LockToken) (WorkLock, error) {
	parts := strings.SplitN(string(t), ":", 3)
	if len(parts) != 3 || parts[0] != "work" || !isUUID(parts[1]) {
		return WorkLock{}, lostToken(t)
	}
	id, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return WorkLock{}, lostToken(t)
	}
	return WorkLock{Token: parts[1], ID: id}, nil
}

// lostToken treats text that never was a token like one that is no longer held: to its holder it is the same.
func lostToken(t LockToken) error { return fmt.Errorf("%w: %.60q", ErrLockLost, string(t)) }

func isUUID(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	_, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	return err == nil
}
