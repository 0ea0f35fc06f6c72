-- Reads a person's session; its silence ends here. One that has ended is forgotten.
--
-- KEYS
--   logins      hash id -> session (msgpack)
--   seen        sorted set id -> wall milliseconds when it was last used
-- ARGV
--   id          of the session
--   idle_ms     milliseconds of silence after which it ends
--   step_ms     milliseconds within which a use is not noted again
-- RETURNS
--   session, or empty: none, silent too long, or at its end; and the wall milliseconds now
-- MISSING
--   logins, seen: there is no such session.
-- COST
--   O(log sessions).
local logins, seen = unpack(KEYS)
local id, idle_ms, step_ms = unpack(ARGV)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local record = redis.call('HGET', logins, id)
local last = tonumber(redis.call('ZSCORE', seen, id) or 0)
if not record or last <= now - idle_ms or cmsgpack.unpack(record).expires_ms <= now then
  redis.call('HDEL', logins, id)
  redis.call('ZREM', seen, id)
  return {'', now}
end
if now - last >= tonumber(step_ms) then redis.call('ZADD', seen, now, id) end
return {record, now}
