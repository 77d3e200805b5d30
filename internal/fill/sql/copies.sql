-- Gives, for each table of this schema that has rows of instances, the statement that copies those of one: $1 is its id, $2
-- the prefix of all ids, $3 how many there shall be. A copy's numbers and times are moved, so that identities stay unique
-- (and do not multiply, however often this runs), what refers to them stays true, and the order of the queues is that of
-- the instances. All times lie in the past: the original is the last.
select t.relname,
       format('insert into %I (%s) overriding system value select %s from %1$I o, generate_series(0, $3::bigint - 2) n where o.instance_id = $1::text and $2::text is not null',
              t.relname,
              string_agg(quote_ident(a.attname), ', ' order by a.attnum),
              string_agg(case
                  when a.attname in ('id', 'head_id') -- the latter is an id of the queue, which is copied after the locks
                      then format('o.%I + (n + 1) * (select coalesce(max(x.id) - min(x.id) + 1, 0) from %I x)', a.attname,
                                  case a.attname when 'head_id' then 'orchestrator_queue' else t.relname end)
                  when a.attname in ('visible_at', 'enqueued_at') then format('o.%I - $3::bigint + n', a.attname)
                  when a.atttypid = 'text'::regtype
                      then format('replace(o.%I, $1::text, $2::text || lpad(n::text, 7, ''0''))', a.attname)
                  when a.atttypid in ('json'::regtype, 'jsonb'::regtype)
                      then format('replace(o.%I::text, $1::text, $2::text || lpad(n::text, 7, ''0''))::%s', a.attname, a.atttypid::regtype)
                  when a.atttypid = 'bytea'::regtype
                      then format('decode(replace(encode(o.%I, ''hex''), encode(convert_to($1::text, ''UTF8''), ''hex''), encode(convert_to($2::text || lpad(n::text, 7, ''0''), ''UTF8''), ''hex'')), ''hex'')', a.attname)
                  else format('o.%I', a.attname)
              end, ', ' order by a.attnum)),
       (select pg_get_serial_sequence(quote_ident(t.relname), i.attname) from pg_attribute i
        where i.attrelid = t.oid and i.attidentity <> '' and not i.attisdropped limit 1)
from pg_class t join pg_attribute a on a.attrelid = t.oid
where t.relnamespace = current_schema()::regnamespace and t.relkind = 'r' and a.attnum > 0 and not a.attisdropped
  and exists (select from pg_attribute k where k.attrelid = t.oid and k.attname = 'instance_id' and not k.attisdropped)
group by t.oid, t.relname
order by t.relname
