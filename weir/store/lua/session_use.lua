-- Reads a session and the access token that it began with; its silence ends here. Ended ones are forgotten.
--
-- KEYS
--   records     hash id -> session (msgpack)
--   seen        sorted set id -> wall milliseconds when it was last used
--   tokens      hash id -> access token (msgpack)
-- ARGV
--   id          of the session
--   idle_ms     milliseconds of silence after which it ends
--   step_ms     milliseconds within which a use is not noted again
-- RETURNS
--   session and token, or two empty texts: none, silent too long, at its end, or its token is gone or has expired
-- MISSING
--   records, seen, tokens: there is no such session.
-- COST
--   O(log sessions).
local records, seen, tokens = unpack(KEYS)
local id, idle_ms, step_ms = unpack(ARGV)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local record = redis.call('HGET', records, id)
local last = tonumber(redis.call('ZSCORE', seen, id) or 0)
local session = record and cmsgpack.unpack(record)
local token = session and redis.call('HGET', tokens, session.token)
if not token or last <= now - idle_ms or session.expires_ms <= now or cmsgpack.unpack(token).expires_ms <= now then
  redis.call('HDEL', records, id)
  redis.call('ZREM', seen, id)
  return {'', ''}
end
if now - last >= tonumber(step_ms) then redis.call('ZADD', seen, now, id) end
return {record, token}
