package target

import (
	"context"
	"net"
	"testing"
)

// Somebody else takes the port between looking and binding: another is tried.
func TestTakenPort(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	bin, err := findBinaries(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	tries := 0
	c, err := newCluster(bin)
	if err != nil {
		t.Fatal(err)
	}
	c.findPort = func() (int, error) {
		tries++
		if tries == 1 {
			return taken.Addr().(*net.TCPAddr).Port, nil
		}
		return freePort()
	}
	if err := c.make(t.Context(), Spec{}); err != nil || tries != 2 {
		t.Errorf("%v after %d tries, want a start at the second", err, tries)
	}
	if err := c.stop(context.Background()); err != nil {
		t.Error(err)
	}
}
