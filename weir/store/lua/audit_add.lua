-- Appends an entry to a stream of the audit log; the oldest leaves when there are too many.
--
-- KEYS
--   audit       stream, field "entry" (msgpack)
--   gate        string, there while entries of its kind are held back
-- ARGV
--   entry       (msgpack)
--   most        entries to keep
--   gate_ms     milliseconds in which at most one entry passes the gate; 0: it passes always
--   first       0 or 1: the sequence numbers of its ids are even or odd, so that no two streams share an id
-- RETURNS
--   the entry's id, or empty if it was held back
-- MISSING
--   audit: made. gate: open.
-- COST
--   O(1).
local audit, gate = unpack(KEYS)
local entry, most, gate_ms, first = unpack(ARGV)

if gate_ms ~= '0' and not redis.call('SET', gate, '', 'NX', 'PX', gate_ms) then return '' end
local time = redis.call('TIME')
local now, number = time[1] * 1000 + math.floor(time[2] / 1000), tonumber(first)
local newest = redis.call('XREVRANGE', audit, '+', '-', 'COUNT', 1)[1]
if newest then
  local last_ms, last_number = string.match(newest[1], '^(%d+)-(%d+)$')
  if tonumber(last_ms) >= now then
    now, number = tonumber(last_ms), tonumber(last_number) + 2
  end
end
return redis.call('XADD', audit, 'MAXLEN', '=', most, string.format('%.0f-%.0f', now, number), 'entry', entry)
