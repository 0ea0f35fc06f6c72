-- Puts a new access token in the place of another, which ends at once or after an overlap.
--
-- KEYS
--   tokens      hash id -> record (msgpack)
--   used        hash id -> milliseconds of its last use
-- ARGV
--   id          of the token that ends
--   overlap_ms  milliseconds that it is still good; 0: none
--   new_id      of the new token
--   record      of the new token (msgpack)
--   most        tokens to keep
-- RETURNS
--   rotated | missing (no such token, or it has expired) | full
-- MISSING
--   tokens: there is no such token.
-- COST
--   O(1).
local tokens, used = unpack(KEYS)
local id, overlap_ms, new_id, record, most = unpack(ARGV)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local old = redis.call('HGET', tokens, id)
local known = old and cmsgpack.unpack(old)
if not known or known.expires_ms <= now then return 'missing' end
local ends = now + tonumber(overlap_ms)
if ends <= now then
  redis.call('HDEL', tokens, id)
  redis.call('HDEL', used, id)
elseif redis.call('HLEN', tokens) >= tonumber(most) then
  return 'full'
elseif ends < known.expires_ms then
  known.expires_ms = ends
  redis.call('HSET', tokens, id, cmsgpack.pack(known))
end
redis.call('HSET', tokens, new_id, record)
return 'rotated'
