// Package fill makes many prepared instances of one, by SQL, so that a deep queue takes seconds.
package fill

import (
	"context"
	"embed"
	"fmt"

	"github.com/jackc/pgx/v5"

	"pgbench-provider/internal/sqlfile"
)

//go:embed sql
var files embed.FS

var copies = sqlfile.MustLoad(files, "sql", "fill").Get("copies")

// ID is the id of the n-th instance, from 0 to 9,999,999.
func ID(prefix string, n int) string { return fmt.Sprintf("%s-%07d", prefix, n) }

// large is from how many instances on the tables are worth a vacuum.
const large = 1000

// Instances makes those named ID(prefix, 0) to ID(prefix, n-2) like ID(prefix, n-1), which must be there and locked by
// nobody: its rows are copied in every table that has a column instance_id, whatever the other columns are, with the
// instance's id replaced in keys and payloads. The copies come before it in the order of the queues. From a thousand on the
// tables are vacuumed and analyzed, as they would be after so much work. conn must not be in a transaction, and its
// search_path must be the schema.
func Instances(ctx context.Context, conn *pgx.Conn, prefix string, n int) error {
	if n < 2 {
		return nil
	}
	rows, err := conn.Query(ctx, copies)
	if err != nil {
		return err
	}
	type table struct{ Name, Copy, Sequence *string }
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByPos[table])
	if err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, t := range tables {
			if _, err := tx.Exec(ctx, *t.Copy, ID(prefix, n-1), prefix+"-", n); err != nil {
				return fmt.Errorf("fill %s: %w", *t.Name, err)
			}
			if t.Sequence == nil {
				continue
			}
			if _, err := tx.Exec(ctx, "select setval($1::text::regclass, (select greatest(max(id), 1) from "+pgx.Identifier{*t.Name}.Sanitize()+"))", *t.Sequence); err != nil {
				return fmt.Errorf("fill %s: %w", *t.Name, err)
			}
		}
		return nil
	})
	if err != nil || n < large {
		return err
	}
	for _, t := range tables {
		if _, err := conn.Exec(ctx, "vacuum (analyze) "+pgx.Identifier{*t.Name}.Sanitize()); err != nil {
			return fmt.Errorf("fill: %w", err)
		}
	}
	return nil
}
