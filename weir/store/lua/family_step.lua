-- Puts a new refresh token in the place of the one that was shown. Whoever shows any other than the newest has an old
-- one, so somebody has what is not theirs: the whole family ends, its access tokens too, and the feed tells.
--
-- KEYS
--   head           hash: seq; see keys.py
--   feed           stream of changes
--   families       hash sid -> family (msgpack)
--   current        hash sid -> see family_begin.lua
--   ends           sorted set sid -> wall milliseconds when the refresh token ends
--   index          sorted set: user NUL sid
--   revoked        sorted set jti or sid -> Unix second after which it need not be known
--   opaque         hash id -> opaque access token (msgpack)
--   opaque_ends    sorted set id -> wall milliseconds of its end
--   opaque_index   sorted set: sid NUL id
-- ARGV
--   sid            of the family
--   shown          SHA-256 of the token that was shown, hex; empty: the family is revoked
--   new            SHA-256 of the new one, hex
--   access_ends_s  Unix second by which the access token that comes with it has ended; of a revocation: at least until
--                  then the sid is kept as revoked
--   idle_ms        milliseconds until the new one ends unless it is used
--   last_ms        wall milliseconds by which it ends in any case
--   most_revoked   values in revoked
--   feed_length    changes to keep, 1 or more
--   wake           pub/sub channel (not a key: it lives in no slot)
-- RETURNS
--   rotated | ended (by this call) | full (ended, but its access tokens live on: too much is revoked already)
--   | missing (there is none, or it has ended; a revocation is noted all the same)
-- MISSING
--   families: missing. revoked, head, feed: made.
-- COST
--   O(log kept + opaque tokens of the family), at most 1000 of these.
local head, feed, families, current, ends, index, revoked, opaque, opaque_ends, opaque_index = unpack(KEYS)
local sid, shown, new, access_ends_s, idle_ms, last_ms, most_revoked, feed_length, wake = unpack(ARGV)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function tell(topic, id)
  local seq = redis.call('HINCRBY', head, 'seq', 1)
  redis.call('XADD', feed, 'MAXLEN', '=', feed_length, seq .. '-0', 'topic', topic, 'id', id)
  return seq
end

local record, token = redis.call('HGET', families, sid), redis.call('HGET', current, sid)
local known = record and token and tonumber(redis.call('ZSCORE', ends, sid) or 0) > now
if not known and shown ~= '' then return 'missing' end
local access_ends = tonumber(access_ends_s)
if token then access_ends = math.max(access_ends, tonumber(string.sub(token, 66))) end
if known and shown ~= '' and string.sub(token, 1, 64) == shown then
  redis.call('HSET', current, sid, string.format('%s %.0f', new, access_ends))
  redis.call('ZADD', ends, math.min(now + idle_ms, tonumber(last_ms)), sid)
  return 'rotated'
end

if record then redis.call('ZREM', index, cmsgpack.unpack(record).user .. '\0' .. sid) end
redis.call('HDEL', families, sid)
redis.call('HDEL', current, sid)
redis.call('ZREM', ends, sid)
local seq
for _, member in ipairs(redis.call('ZRANGEBYLEX', opaque_index, '[' .. sid .. '\0', '(' .. sid .. '\1', 'LIMIT', 0, 1000)) do
  local id = string.sub(member, #sid + 2)
  redis.call('HDEL', opaque, id)
  redis.call('ZREM', opaque_ends, id)
  redis.call('ZREM', opaque_index, member)
  seq = tell('credential', 'opaque:' .. id)
end
local full = false
if access_ends * 1000 > now then
  redis.call('ZREMRANGEBYSCORE', revoked, '-inf', math.floor(now / 1000))
  local before = redis.call('ZSCORE', revoked, sid)
  full = not before and redis.call('ZCARD', revoked) >= tonumber(most_revoked)
  if not full then
    redis.call('ZADD', revoked, 'GT', access_ends, sid)
    seq = tell('revoked', sid)
  end
end
-- pcall: a user without the right to publish on the channel still revokes; nodes poll anyway.
if seq then redis.pcall('PUBLISH', wake, seq) end
-- Written so that the WAITAOF which follows on this connection has something to wait for.
redis.call('HINCRBY', head, 'seq', 0)
if full then return 'full' end
return known and 'ended' or 'missing'
