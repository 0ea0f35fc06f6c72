-- Revokes an opaque access token, and tells the feed.
--
-- KEYS
--   head          hash: seq; see keys.py
--   feed          stream of changes
--   opaque        hash id -> opaque access token (msgpack)
--   opaque_ends   sorted set id -> wall milliseconds of its end
--   opaque_index  sorted set: sid NUL id
-- ARGV
--   id            of the token
--   feed_length   changes to keep, 1 or more
--   wake          pub/sub channel (not a key: it lives in no slot)
-- RETURNS
--   1, or 0: there is none
-- MISSING
--   opaque: there is none. head, feed: made.
-- COST
--   O(log kept).
local head, feed, opaque, opaque_ends, opaque_index = unpack(KEYS)
local id, feed_length, wake = unpack(ARGV)

local known = redis.call('HGET', opaque, id)
if known then
  redis.call('ZREM', opaque_index, cmsgpack.unpack(known).sid .. '\0' .. id)
  redis.call('HDEL', opaque, id)
  redis.call('ZREM', opaque_ends, id)
end
-- Also where there is none (any more): what follows, WAITAOF and whoever keeps it, must not depend on who was first.
local seq = redis.call('HINCRBY', head, 'seq', 1)
redis.call('XADD', feed, 'MAXLEN', '=', feed_length, seq .. '-0', 'topic', 'credential', 'id', 'opaque:' .. id)
-- pcall: a user without the right to publish on the channel still revokes; nodes poll anyway.
redis.pcall('PUBLISH', wake, seq)
return known and 1 or 0
