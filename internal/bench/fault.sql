-- Spends that many microseconds on the processor. pg_sleep would do for milliseconds only.
create or replace function spend(microseconds int) returns void language plpgsql as $$
declare
    until timestamptz := clock_timestamp() + microseconds * interval '1 microsecond';
begin
    while clock_timestamp() < until loop
    end loop;
end $$
