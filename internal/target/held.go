package target

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/jackc/pgx/v5"
)

// held ends the mark of a schema that lives no longer than the session that created it: that session holds a lock by which
// others know. So what a killed run left is told from what belongs to a run that works.
const held = ", held"

// lockClass is the first key of those locks: "pgbp", so that no other program's are met.
const lockClass = 0x70676270

func lockKey(schema string) int32 {
	h := fnv.New32a()
	h.Write([]byte(schema))
	return int32(h.Sum32())
}

// CreateHeldSchema is [CreateSchema] for a schema that [SweepSchemas] removes when the session of conn has ended.
func CreateHeldSchema(ctx context.Context, conn *pgx.Conn, prefix string) (string, error) {
	name := randomName(prefix)
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1, $2)", int32(lockClass), lockKey(name)); err != nil {
		return "", err
	}
	return name, create(ctx, conn, name, mark()+held)
}

// Hold takes the locks of schemas that [CreateHeldSchema] made for the session of conn, after the one that held them was lost.
// It waits for a lock that somebody else has for as long as lock_timeout allows. It fails when a schema is not there any more.
func Hold(ctx context.Context, conn *pgx.Conn, schemas []string) error {
	for _, name := range schemas {
		if _, err := conn.Exec(ctx, "select pg_advisory_lock($1, $2)", int32(lockClass), lockKey(name)); err != nil {
			return fmt.Errorf("hold schema %s again: %w", name, err)
		}
		var there bool
		if err := conn.QueryRow(ctx, "select exists (select from pg_namespace where nspname = $1)", name).Scan(&there); err != nil {
			return err
		}
		if !there {
			return fmt.Errorf("schema %s is not there any more: the server lost it, or another run removed it while this one had no connection", name)
		}
	}
	return nil
}

// SweepSchemas drops the schemas whose sessions have ended without dropping them, and gives their names. Those of other
// roles, and those that nobody ever held, are left alone. An error of one schema does not end the sweep.
func SweepSchemas(ctx context.Context, conn *pgx.Conn) (dropped []string, err error) {
	rows, err := conn.Query(ctx, `
		select nspname::text from pg_namespace
		where obj_description(oid, 'pg_namespace') like $1 || '%' || $2 and pg_has_role(nspowner, 'usage')`, schemaMark, held)
	if err != nil {
		return nil, err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		ok, dropErr := dropUnheld(ctx, conn, name)
		err = errors.Join(err, dropErr)
		if ok {
			dropped = append(dropped, name)
		}
	}
	return dropped, err
}

func dropUnheld(ctx context.Context, conn *pgx.Conn, name string) (dropped bool, err error) {
	var free bool
	if err := conn.QueryRow(ctx, "select pg_try_advisory_lock($1, $2)", int32(lockClass), lockKey(name)).Scan(&free); err != nil || !free {
		return false, err
	}
	defer func() {
		_, unlockErr := conn.Exec(context.WithoutCancel(ctx), "select pg_advisory_unlock($1, $2)", int32(lockClass), lockKey(name))
		err = errors.Join(err, unlockErr)
	}()
	// Whoever held it may have dropped it since it was listed.
	inside, err := LeftSchemas(ctx, conn)
	if err != nil {
		return false, err
	}
	for _, l := range inside {
		if l.Name == name {
			_, err := conn.Exec(ctx, "drop schema "+pgx.Identifier{name}.Sanitize()+" cascade")
			return err == nil, err
		}
	}
	return false, nil
}

// markAlive looks which of the schemas are held, after they were listed: a run that began meanwhile is in none of them.
func markAlive(ctx context.Context, conn *pgx.Conn, left []LeftSchema) error {
	rows, err := conn.Query(ctx, `
		select objid::int8 from pg_locks
		where locktype = 'advisory' and classid = $1::int4::oid and granted
		  and database = (select oid from pg_database where datname = current_database())`, int32(lockClass))
	if err != nil {
		return err
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	for i := range left {
		if left[i].Life == Dead && slices.Contains(keys, int64(uint32(lockKey(left[i].Name)))) {
			left[i].Life = Alive
		}
	}
	return err
}
