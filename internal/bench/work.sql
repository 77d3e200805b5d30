-- What this role's statements have cost so far in this database. Nested statements are in those that call them. Where the
-- server keeps a statement's leading comment ($1 is false; PostgreSQL 18 drops it), only ours are read.
select queryid, query, calls, (total_exec_time * 1e6)::bigint, rows, shared_blks_hit, shared_blks_read, shared_blks_dirtied,
       wal_records, wal_fpi, wal_bytes::bigint
from pg_stat_statements
where toplevel and dbid = (select oid from pg_database where datname = current_database())
  and userid = (select oid from pg_roles where rolname = current_user)
  and ($1::bool or query like '-- name: %' or query in ('begin', 'commit'))
