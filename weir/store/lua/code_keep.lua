-- Keeps an authorization code; those too old to be asked for are forgotten.
--
-- KEYS
--   codes       hash id -> "n" and the code's record, or "u" or "r" and the family of who redeemed it
--   made        sorted set id -> wall milliseconds when it was made
-- ARGV
--   id          of the new code
--   record      (msgpack)
--   keep_ms     milliseconds after which a code is forgotten
--   most        to keep
-- RETURNS
--   1, or 0: there are too many
-- MISSING
--   codes, made: made.
-- COST
--   O(log kept + forgotten), at most 1000 are forgotten.
local codes, made = unpack(KEYS)
local id, record, keep_ms, most = unpack(ARGV)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, old in ipairs(redis.call('ZRANGEBYSCORE', made, '-inf', now - keep_ms, 'LIMIT', 0, 1000)) do
  redis.call('HDEL', codes, old)
  redis.call('ZREM', made, old)
end
if redis.call('ZCARD', made) >= tonumber(most) then return 0 end
redis.call('HSET', codes, id, 'n' .. record)
redis.call('ZADD', made, now, id)
redis.call('PEXPIRE', codes, keep_ms)
redis.call('PEXPIRE', made, keep_ms)
return 1
