-- Redeems an authorization code: the first who asks gets it, and everybody after that is told whose tokens to revoke.
--
-- KEYS
--   codes       hash id -> "n" and the code's record, or "u" or "r" and the family of who redeemed it
--   made        sorted set id -> wall milliseconds when it was made
-- ARGV
--   id          of the code
--   family      of the tokens that the first one is going to get
--   life_ms     milliseconds after which a code is too old
-- RETURNS
--   "new" and the record; "replay" and the family of the first one; or two empty texts: none, or too old
-- MISSING
--   codes, made: there is none.
-- COST
--   O(1).
local codes, made = unpack(KEYS)
local id, family, life_ms = unpack(ARGV)

local value = redis.call('HGET', codes, id)
if not value then return {'', ''} end
local kind, rest = string.sub(value, 1, 1), string.sub(value, 2)
if kind ~= 'n' then
  redis.call('HSET', codes, id, 'r' .. rest)
  return {'replay', rest}
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if tonumber(redis.call('ZSCORE', made, id) or 0) <= now - life_ms then
  redis.call('HDEL', codes, id)
  redis.call('ZREM', made, id)
  return {'', ''}
end
redis.call('HSET', codes, id, 'u' .. family)
return {'new', rest}
