package wake

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseReadsWhatIsSent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := message{from: rapid.StringMatching(`[A-Z2-7]{12}`).Draw(t, "from"), kind: rapid.SampledFrom([]string{hungry, work, echo}).Draw(t, "kind"),
			queue: Queue(rapid.IntRange(0, queues-1).Draw(t, "queue")), n: rapid.IntRange(0, 1000).Draw(t, "n")}
		if got, ok := parse(m.String()); !ok || got != m {
			t.Fatalf("%v became %v, %v", m, got, ok)
		}
		parse(rapid.String().Draw(t, "anything")) // and does not panic
	})
	for _, bad := range []string{"", "a work 0", "a work 9 1", "a work -1 1", "a work 0 -1", "a eat 0 1", "a work 0 1 2", "a work 0 99999999999"} {
		if m, ok := parse(bad); ok {
			t.Errorf("%q became %v", bad, m)
		}
	}
}

func TestChannelFitsAName(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, schema := range []string{"public", "Public", `a"b`, string(make([]byte, 200)), "ünïcode", ""} {
		c := Channel(schema)
		if len(c) > 63 || seen[c] != "" && seen[c] != schema {
			t.Errorf("%q: %q, which %q has too", schema, c, seen[c])
		}
		seen[c] = schema
	}
}

// A process and a peer that hear each other late: whatever the order, work that is made while the peer is hungry is told of,
// and a peer that sleeps is believed to be hungry sooner or later.
func TestNoHungryPeerIsForgotten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var me, peer demand
		me.hungry = true
		now := time.Second
		var onTheWay []time.Duration // announcements
		untold := time.Duration(-1)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now += time.Duration(rapid.IntRange(0, 400).Draw(t, "pause")) * time.Millisecond
			if peer.late && now-peer.announced >= announceEvery && rapid.Bool().Draw(t, "again") {
				peer.rests(now)
			}
			if peer.announce {
				peer.announce = false
				onTheWay = append(onTheWay, now)
			}
			switch rapid.IntRange(0, 3).Draw(t, "event") {
			case 0:
				if me.made(1, now) {
					untold = -1
				} else {
					untold = now
				}
			case 1:
				peer.rests(now)
			case 2:
				peer.late = false
			case 3:
				if len(onTheWay) > 0 {
					onTheWay = onTheWay[1:]
					if told := me.heard(now); told && untold >= 0 {
						untold = -1
					}
					if untold >= 0 && now-untold <= remembered {
						t.Fatalf("work made %v ago is forgotten though somebody is hungry", now-untold)
					}
					if !me.hungry {
						t.Fatal("who says so is not believed")
					}
				}
			}
			me.work = 0
		}
		// In the end the peer sleeps, is heard, and the next work is told of.
		if later := peer.rests(now); later > 0 {
			peer.rests(now + later)
		}
		if !peer.announce {
			t.Fatal("nothing announced")
		}
		me.heard(now)
		if me.work == 0 && !me.made(1, now+time.Hour) {
			t.Fatal("a peer that sleeps was forgotten")
		}
	})
}

func TestOneAloneFallsSilent(t *testing.T) {
	t.Parallel()
	d := demand{hungry: true}
	told := 0
	for ms := 1; ms < 60_000; ms += 7 {
		if d.made(1, time.Duration(ms)*time.Millisecond) {
			told++
		}
	}
	if told == 0 || told > int(believed/(7*time.Millisecond))+2 {
		t.Errorf("told %d times", told)
	}
}
