-- Revokes tokens before their end, and tells the feed. What has ended makes room; nothing else ever does.
--
-- KEYS
--   head         hash: seq; see keys.py
--   feed         stream of changes
--   revoked      sorted set value -> seconds of its end
-- ARGV
--   value        jti of a token, or sid of all of a family
--   ends_s       seconds (wall clock) after which none of them is good anyway
--   most         values to keep
--   feed_length  changes to keep, 1 or more
--   wake         pub/sub channel (not a key: it lives in no slot)
-- RETURNS
--   revoked | full
-- MISSING
--   head, feed, revoked: made.
-- COST
--   O(log revoked) and what has ended.
local head, feed, revoked = unpack(KEYS)
local value, ends_s, most, feed_length, wake = unpack(ARGV)

local now_s = redis.call('TIME')[1]
redis.call('ZREMRANGEBYSCORE', revoked, '-inf', now_s)
if not redis.call('ZSCORE', revoked, value) and redis.call('ZCARD', revoked) >= tonumber(most) then return 'full' end
redis.call('ZADD', revoked, 'GT', ends_s, value)
local seq = redis.call('HINCRBY', head, 'seq', 1)
redis.call('XADD', feed, 'MAXLEN', '=', feed_length, seq .. '-0', 'topic', 'revoked', 'id', value)
-- pcall: a user without the right to publish on the channel still revokes; nodes poll anyway.
redis.pcall('PUBLISH', wake, seq)
return 'revoked'
