-- Forgets a record, and tells the feed.
--
-- KEYS
--   head         hash: seq; see keys.py
--   feed         stream of changes
--   records      hash id -> record (msgpack)
--   index        sorted set: 'i' id, and of what belongs to a consumer 'o' consumer NUL id
--   used         sorted set <kind>:<id> -> milliseconds of the last use
-- ARGV
--   id           of the record
--   seen         SHA-1 of the record that the editor saw, hex; empty: whatever it is
--   topic        of the change
--   change       what the feed calls it, as in used
--   feed_length  changes to keep, 1 or more
--   wake         pub/sub channel (not a key: it lives in no slot)
-- RETURNS
--   removed | missing | stale (it is not what the editor saw)
-- MISSING
--   records: there is no such record. used: it was never used. head, feed: made.
-- COST
--   O(log records).
local head, feed, records, index, used = unpack(KEYS)
local id, seen, topic, change, feed_length, wake = unpack(ARGV)

local known = redis.call('HGET', records, id)
if not known then
  -- Written again so that the WAITAOF which follows on this connection has something to wait for: an earlier try may
  -- have removed it and never heard of the disk.
  redis.call('HINCRBY', head, 'seq', 0)
  return 'missing'
end
if seen ~= '' and redis.sha1hex(known) ~= seen then return 'stale' end
local owner = cmsgpack.unpack(known).consumer or ''
redis.call('HDEL', records, id)
redis.call('ZREM', index, 'i' .. id, 'o' .. owner .. '\0' .. id)
redis.call('ZREM', used, change)
local seq = redis.call('HINCRBY', head, 'seq', 1)
redis.call('XADD', feed, 'MAXLEN', '=', feed_length, seq .. '-0', 'topic', topic, 'id', change)
-- pcall: a user without the right to publish on the channel still forgets records; nodes poll anyway.
redis.pcall('PUBLISH', wake, seq)
return 'removed'
