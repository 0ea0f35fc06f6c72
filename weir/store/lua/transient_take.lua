-- Gives what is kept under an id and forgets it: it is good once.
--
-- KEYS
--   records     hash id -> record (msgpack)
--   seen        sorted set id -> wall milliseconds when it was last used, or made
-- ARGV
--   id          to look for
--   idle_ms     milliseconds of silence after which one ends
-- RETURNS
--   record, or empty if there is none or it has ended
-- MISSING
--   records, seen: there is none.
-- COST
--   O(log kept).
local records, seen = unpack(KEYS)
local id, idle_ms = unpack(ARGV)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local record = redis.call('HGET', records, id)
local last = tonumber(redis.call('ZSCORE', seen, id) or 0)
redis.call('HDEL', records, id)
redis.call('ZREM', seen, id)
if not record or last <= now - idle_ms then return '' end
return record
