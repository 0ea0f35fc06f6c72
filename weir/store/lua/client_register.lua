-- Keeps a client that registers itself, and takes one of what its initial token has left. Both or neither.
--
-- KEYS
--   head         hash: seq; see keys.py
--   feed         stream of changes
--   initials     hash id -> initial token (msgpack)
--   clients      hash id -> client (msgpack)
--   index        sorted set: 'i' id of a client, and 'o' consumer NUL id
-- ARGV
--   initial      id of the initial token
--   hash         SHA-256 of its whole text, hex
--   id           of the new client
--   record       (msgpack); it belongs to no consumer
--   most         clients to keep
--   feed_length  changes to keep, 1 or more
--   wake         pub/sub channel (not a key: it lives in no slot)
-- RETURNS
--   registered | unknown (no such initial token, or it is disabled, has expired or nothing left) | exists | full
-- MISSING
--   initials: unknown. head, feed, clients, index: made.
-- COST
--   O(log clients).
local head, feed, initials, clients, index = unpack(KEYS)
local initial, hash, id, record, most, feed_length, wake = unpack(ARGV)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local data = redis.call('HGET', initials, initial)
local token = data and cmsgpack.unpack(data)
if not token or token.hash ~= hash or token.disabled or token.left < 1 then return 'unknown' end
if token.expires_ms > 0 and token.expires_ms <= now then return 'unknown' end
if redis.call('HEXISTS', clients, id) == 1 then return 'exists' end
if redis.call('HLEN', clients) >= tonumber(most) then return 'full' end
token.left = token.left - 1
redis.call('HSET', initials, initial, cmsgpack.pack(token))
redis.call('HSET', clients, id, record)
redis.call('ZADD', index, 0, 'i' .. id)
local seq = redis.call('HINCRBY', head, 'seq', 1)
redis.call('XADD', feed, 'MAXLEN', '=', feed_length, seq .. '-0', 'topic', 'credential', 'id', 'client:' .. id)
-- pcall: a user without the right to publish on the channel still registers; nodes poll anyway.
redis.pcall('PUBLISH', wake, seq)
return 'registered'
