-- Begins a person's session at the authorization server, and ends the one before it in the same browser.
--
-- KEYS
--   logins      hash id -> session (msgpack)
--   seen        sorted set id -> wall milliseconds when it was last used
--   mine        sorted set id -> wall milliseconds when it began, of one person
-- ARGV
--   id          of the new one
--   record      (msgpack)
--   before      id of the session before it; empty if there is none
--   idle_ms     milliseconds of silence after which one ends
--   longest_ms  milliseconds after which all that is kept now has ended, whatever happens
--   most        to keep
--   most_mine   to keep of one person
-- RETURNS
--   how many made room before they had ended
-- MISSING
--   logins, seen, mine: made.
-- COST
--   O(log kept + removed), at most 1000 of those that have ended are removed.
local logins, seen, mine = unpack(KEYS)
local id, record, before, idle_ms, longest_ms, most, most_mine = unpack(ARGV)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function forget(ended)
  redis.call('HDEL', logins, ended)
  redis.call('ZREM', seen, ended)
end
for _, ended in ipairs(redis.call('ZRANGEBYSCORE', seen, '-inf', now - idle_ms, 'LIMIT', 0, 1000)) do forget(ended) end
if before ~= '' then
  forget(before)
  redis.call('ZREM', mine, before)
end
redis.call('ZREMRANGEBYSCORE', mine, '-inf', now - longest_ms)
local pushed = 0
while redis.call('ZCARD', mine) >= tonumber(most_mine) do
  forget(redis.call('ZPOPMIN', mine)[1])
  pushed = pushed + 1
end
while redis.call('ZCARD', seen) >= tonumber(most) do
  redis.call('HDEL', logins, redis.call('ZPOPMIN', seen)[1])
  pushed = pushed + 1
end
redis.call('HSET', logins, id, record)
redis.call('ZADD', seen, now, id)
redis.call('ZADD', mine, now, id)
redis.call('PEXPIRE', logins, longest_ms)
redis.call('PEXPIRE', seen, longest_ms)
redis.call('PEXPIRE', mine, longest_ms)
return pushed
