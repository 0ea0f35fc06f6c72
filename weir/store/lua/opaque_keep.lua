-- Keeps a new opaque access token; those that have ended make room.
--
-- KEYS
--   opaque        hash id -> opaque access token (msgpack)
--   opaque_ends   sorted set id -> wall milliseconds of its end
--   opaque_index  sorted set: sid NUL id
-- ARGV
--   id            of the token
--   sid           of its family; empty: it has none
--   record        (msgpack)
--   ends_ms       wall milliseconds
--   most          tokens to keep
-- RETURNS
--   1, or 0: there are too many
-- MISSING
--   opaque, opaque_ends, opaque_index: made.
-- COST
--   O(log kept), at most 100 ended ones are forgotten.
local opaque, opaque_ends, opaque_index = unpack(KEYS)
local id, sid, record, ends_ms, most = unpack(ARGV)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, old in ipairs(redis.call('ZRANGEBYSCORE', opaque_ends, '-inf', now, 'LIMIT', 0, 100)) do
  local known = redis.call('HGET', opaque, old)
  if known then redis.call('ZREM', opaque_index, cmsgpack.unpack(known).sid .. '\0' .. old) end
  redis.call('HDEL', opaque, old)
  redis.call('ZREM', opaque_ends, old)
end
if redis.call('ZCARD', opaque_ends) >= tonumber(most) then return 0 end
redis.call('HSET', opaque, id, record)
redis.call('ZADD', opaque_ends, ends_ms, id)
if sid ~= '' then redis.call('ZADD', opaque_index, 0, sid .. '\0' .. id) end
return 1
