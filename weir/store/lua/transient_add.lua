-- Keeps something that ends by itself (a session, a login link); the one that was silent longest makes room.
--
-- KEYS
--   records     hash id -> record (msgpack)
--   seen        sorted set id -> wall milliseconds when it was last used, or made
-- ARGV
--   id          of the new one
--   record      (msgpack)
--   idle_ms     milliseconds of silence after which one ends
--   longest_ms  milliseconds after which all that is kept now has ended, whatever happens
--   most        to keep
-- RETURNS
--   how many made room before they had ended
-- MISSING
--   records, seen: made.
-- COST
--   O(log kept + removed).
local records, seen = unpack(KEYS)
local id, record, idle_ms, longest_ms, most = unpack(ARGV)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, ended in ipairs(redis.call('ZRANGEBYSCORE', seen, '-inf', now - idle_ms)) do
  redis.call('HDEL', records, ended)
  redis.call('ZREM', seen, ended)
end
local pushed = 0
while redis.call('ZCARD', seen) >= tonumber(most) do
  redis.call('HDEL', records, redis.call('ZPOPMIN', seen)[1])
  pushed = pushed + 1
end
redis.call('HSET', records, id, record)
redis.call('ZADD', seen, now, id)
redis.call('PEXPIRE', records, longest_ms)
redis.call('PEXPIRE', seen, longest_ms)
return pushed
