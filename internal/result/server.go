package result

import "time"

// Add gives the work of both.
func (w ServerWork) Add(v ServerWork) ServerWork {
	return ServerWork{
		Calls: w.Calls + v.Calls, Exec: w.Exec + v.Exec, Rows: w.Rows + v.Rows,
		SharedHit: w.SharedHit + v.SharedHit, SharedRead: w.SharedRead + v.SharedRead, SharedDirtied: w.SharedDirtied + v.SharedDirtied,
		WALRecords: w.WALRecords + v.WALRecords, WALPageImages: w.WALPageImages + v.WALPageImages, WALBytes: w.WALBytes + v.WALBytes,
	}
}

// Sub gives the work between an earlier reading and w.
func (w ServerWork) Sub(earlier ServerWork) ServerWork {
	return ServerWork{
		Calls: w.Calls - earlier.Calls, Exec: w.Exec - earlier.Exec, Rows: w.Rows - earlier.Rows,
		SharedHit: w.SharedHit - earlier.SharedHit, SharedRead: w.SharedRead - earlier.SharedRead, SharedDirtied: w.SharedDirtied - earlier.SharedDirtied,
		WALRecords: w.WALRecords - earlier.WALRecords, WALPageImages: w.WALPageImages - earlier.WALPageImages, WALBytes: w.WALBytes - earlier.WALBytes,
	}
}

// ExecPerCall is the mean time that one statement took on the server; 0 for nil and where none was called.
func (w *ServerWork) ExecPerCall() time.Duration {
	if w == nil || w.Calls == 0 {
		return 0
	}
	return w.Exec / time.Duration(w.Calls)
}

// plus adds up what is known; nil is nothing known.
func (w *ServerWork) plus(v *ServerWork) *ServerWork {
	var sum ServerWork
	switch {
	case w == nil && v == nil:
		return nil
	case w == nil:
		sum = *v
	case v == nil:
		sum = *w
	default:
		sum = w.Add(*v)
	}
	return &sum
}

func (w *ServerWork) problem() string {
	if w != nil && min(w.Calls, int64(w.Exec), w.Rows, w.SharedHit, w.SharedRead, w.SharedDirtied, w.WALRecords, w.WALPageImages, w.WALBytes) < 0 {
		return "a count of the server's work is negative"
	}
	return ""
}
