-- A person's word for a device that waits: the first one counts, and the user code is over.
--
-- KEYS
--   device      hash of the device: record, client, status, ends_ms, interval_ms, polled_ms, decision
--   code        string, id of the device that the user code belongs to
-- ARGV
--   status      approved or denied
--   decision    (msgpack)
-- RETURNS
--   1, or 0: it does not wait (any more)
-- MISSING
--   device: 0.
-- COST
--   O(1).
local device, code = unpack(KEYS)
local status, decision = unpack(ARGV)

local before, ends = unpack(redis.call('HMGET', device, 'status', 'ends_ms'))
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if before ~= 'pending' or tonumber(ends) <= now then return 0 end
redis.call('HSET', device, 'status', status, 'decision', decision)
redis.call('DEL', code)
return 1
