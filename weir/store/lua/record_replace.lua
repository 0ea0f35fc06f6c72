-- Puts a record in the place of what the editor saw, and tells the feed.
--
-- KEYS
--   head         hash: seq; see keys.py
--   feed         stream of changes
--   records      hash id -> record (msgpack)
--   index        sorted set: 'i' id, and of what belongs to a consumer 'o' consumer NUL id
--   consumers    hash name -> consumer
-- ARGV
--   id           of the record
--   seen         SHA-1 of the record that the editor saw, hex
--   old_owner    of that record; empty: nobody's
--   owner        of the new one; empty: nobody's
--   record       the new one (msgpack)
--   most_owned   records of one owner to keep
--   topic        of the change
--   change       what the feed calls it
--   feed_length  changes to keep, 1 or more
--   wake         pub/sub channel (not a key: it lives in no slot)
-- RETURNS
--   replaced | missing | stale (it is not what the editor saw) | full | orphan (there is no such consumer)
-- MISSING
--   records: there is no such record. consumers: there is none. head, feed: made.
-- COST
--   O(log records).
local head, feed, records, index, consumers = unpack(KEYS)
local id, seen, old_owner, owner, record, most_owned, topic, change, feed_length, wake = unpack(ARGV)

local known = redis.call('HGET', records, id)
if not known then return 'missing' end
if redis.sha1hex(known) ~= seen then return 'stale' end
if owner ~= '' and redis.call('HEXISTS', consumers, owner) == 0 then return 'orphan' end
if owner ~= old_owner then
  if owner ~= '' then
    local owned = redis.call('ZLEXCOUNT', index, '[o' .. owner .. '\0', '(o' .. owner .. '\1')
    if owned >= tonumber(most_owned) then return 'full' end
    redis.call('ZADD', index, 0, 'o' .. owner .. '\0' .. id)
  end
  redis.call('ZREM', index, 'o' .. old_owner .. '\0' .. id)
end
redis.call('HSET', records, id, record)
local seq = redis.call('HINCRBY', head, 'seq', 1)
redis.call('XADD', feed, 'MAXLEN', '=', feed_length, seq .. '-0', 'topic', topic, 'id', change)
-- pcall: a user without the right to publish on the channel still keeps records; nodes poll anyway.
redis.pcall('PUBLISH', wake, seq)
return 'replaced'
