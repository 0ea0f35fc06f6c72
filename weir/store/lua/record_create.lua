-- Keeps a new record and tells the feed.
--
-- KEYS
--   head         hash: seq; see keys.py
--   feed         stream of changes
--   records      hash id -> record (msgpack)
--   index        sorted set: 'i' id, and of what belongs to a consumer 'o' consumer NUL id
--   consumers    hash name -> consumer
-- ARGV
--   id           of the new record
--   owner        the consumer that it belongs to; empty: nobody's
--   record       (msgpack)
--   most         records to keep
--   most_owned   records of one owner to keep
--   topic        of the change
--   change       what the feed calls it
--   feed_length  changes to keep, 1 or more
--   wake         pub/sub channel (not a key: it lives in no slot)
-- RETURNS
--   created | exists | full | orphan (there is no such consumer)
-- MISSING
--   head, feed, records, index: made. consumers: there is none.
-- COST
--   O(log records).
local head, feed, records, index, consumers = unpack(KEYS)
local id, owner, record, most, most_owned, topic, change, feed_length, wake = unpack(ARGV)

if redis.call('HEXISTS', records, id) == 1 then return 'exists' end
if owner ~= '' then
  if redis.call('HEXISTS', consumers, owner) == 0 then return 'orphan' end
  local owned = redis.call('ZLEXCOUNT', index, '[o' .. owner .. '\0', '(o' .. owner .. '\1')
  if owned >= tonumber(most_owned) then return 'full' end
end
if redis.call('HLEN', records) >= tonumber(most) then return 'full' end
redis.call('HSET', records, id, record)
redis.call('ZADD', index, 0, 'i' .. id)
if owner ~= '' then redis.call('ZADD', index, 0, 'o' .. owner .. '\0' .. id) end
local seq = redis.call('HINCRBY', head, 'seq', 1)
redis.call('XADD', feed, 'MAXLEN', '=', feed_length, seq .. '-0', 'topic', topic, 'id', change)
-- pcall: a user without the right to publish on the channel still keeps records; nodes poll anyway.
redis.pcall('PUBLISH', wake, seq)
return 'created'
