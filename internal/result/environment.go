package result

// Environment is where a run happened. Fields that are not known are left zero, which omits them from the file.
type Environment struct {
	Server Server `json:"server"`
	Client Client `json:"client"`
}

// Server is the PostgreSQL server that was measured. Nothing here may hold a password.
type Server struct {
	Version       string            `json:"version"`            // as in "17.2"
	VersionNum    int               `json:"version_num"`        // server_version_num, as in 170002
	Location      string            `json:"location,omitempty"` // how the tool came by it: "local binaries", "container", "remote"
	Address       string            `json:"address,omitempty"`  // host:port or socket directory
	Network       string            `json:"network,omitempty"`  // "unix" or "tcp"
	TLS           bool              `json:"tls,omitempty"`
	Pooler        string            `json:"pooler,omitempty"`    // "" if none was seen in the path
	SystemID      string            `json:"system_id,omitempty"` // of pg_control_system: the same cluster, whatever its address
	Settings      map[string]string `json:"settings,omitempty"`  // pg_settings that bear on speed, and those changed
	Extensions    []string          `json:"extensions,omitempty"`
	DatabaseBytes int64             `json:"database_bytes,omitempty"`
	Facts         map[string]string `json:"facts,omitempty"` // anything else worth keeping
}

// Major gives the major version, as in 17, or 0 when VersionNum is not set.
func (s Server) Major() int { return s.VersionNum / 10000 }

// Client is the machine that ran the benchmark.
type Client struct {
	OS         string            `json:"os"`
	Arch       string            `json:"arch"`
	CPU        string            `json:"cpu,omitempty"`
	Cores      int               `json:"cores"`
	GOMAXPROCS int               `json:"gomaxprocs"`
	Kernel     string            `json:"kernel,omitempty"`
	CI         string            `json:"ci,omitempty"`    // the CI system, "" outside one
	Facts      map[string]string `json:"facts,omitempty"` // load average, timer overshoot, cgroup limits, ...
}
