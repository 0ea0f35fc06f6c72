-- Appends an entry to the audit log; the oldest leaves when there are too many.
--
-- KEYS
--   audit       stream, field "entry" (msgpack)
--   gate        string, there while entries of its kind are held back
-- ARGV
--   entry       (msgpack)
--   most        entries to keep
--   gate_ms     milliseconds in which at most one entry passes the gate; 0: it passes always
-- RETURNS
--   the entry's id, or empty if it was held back
-- MISSING
--   audit: made. gate: open.
-- COST
--   O(1).
local audit, gate = unpack(KEYS)
local entry, most, gate_ms = unpack(ARGV)

if gate_ms ~= '0' and not redis.call('SET', gate, '', 'NX', 'PX', gate_ms) then return '' end
return redis.call('XADD', audit, 'MAXLEN', '=', most, '*', 'entry', entry)
