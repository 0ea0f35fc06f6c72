-- Keeps a new family of refresh tokens. Those that have ended make room, and of one person the one that ends first.
--
-- KEYS
--   families     hash sid -> family (msgpack)
--   current      hash sid -> SHA-256 of the refresh token that is good now, hex; a space; the Unix second by which every
--                access token of the family has ended
--   ends         sorted set sid -> wall milliseconds when the refresh token ends
--   index        sorted set: user NUL sid
-- ARGV
--   sid          of the family
--   user         whose it is
--   record       (msgpack)
--   token        what stands in current
--   idle_ms      milliseconds until it ends unless it is used
--   most         families to keep
--   most_of_one  families of one user to keep
-- RETURNS
--   1, or 0: there are too many
-- MISSING
--   families, current, ends, index: made.
-- COST
--   O(log kept + families of the user), at most 200 ended ones are forgotten.
local families, current, ends, index = unpack(KEYS)
local sid, user, record, token, idle_ms, most, most_of_one = unpack(ARGV)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function forget(old)
  local known = redis.call('HGET', families, old)
  if known then redis.call('ZREM', index, cmsgpack.unpack(known).user .. '\0' .. old) end
  redis.call('HDEL', families, old)
  redis.call('HDEL', current, old)
  redis.call('ZREM', ends, old)
end

for _, old in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', now, 'LIMIT', 0, 200)) do forget(old) end
local mine = redis.call('ZRANGEBYLEX', index, '[' .. user .. '\0', '(' .. user .. '\1')
if #mine >= tonumber(most_of_one) then
  local first, first_ends
  for _, member in ipairs(mine) do
    local other = string.sub(member, #user + 2)
    local other_ends = tonumber(redis.call('ZSCORE', ends, other) or 0)
    if not first or other_ends < first_ends then first, first_ends = other, other_ends end
  end
  forget(first)
end
if redis.call('HLEN', families) >= tonumber(most) then return 0 end
redis.call('HSET', families, sid, record)
redis.call('HSET', current, sid, token)
redis.call('ZADD', ends, now + idle_ms, sid)
redis.call('ZADD', index, 0, user .. '\0' .. sid)
return 1
