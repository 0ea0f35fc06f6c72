-- Puts a new API key in the place of another, which ends at once or after an overlap, and tells the feed of both.
--
-- KEYS
--   head           hash: seq; see keys.py
--   feed           stream of changes
--   records        hash id -> API key (msgpack)
--   index          sorted set: 'i' id, 'o' consumer NUL id
--   consumers      hash name -> consumer
--   used           sorted set <kind>:<id> -> milliseconds of the last use
-- ARGV
--   owner          the consumer of both
--   old            id of the key that ends
--   seen           SHA-1 of it as the editor saw it, hex
--   old_record     what it becomes (msgpack); empty: it is removed
--   new            id of the new key
--   record         the new key (msgpack)
--   before         id of a key that the old one replaced and that has ended; it is removed. Empty: there is none
--   before_seen    SHA-1 of it as the editor saw it, hex
--   most           keys to keep
--   most_owned     keys of one owner to keep
--   feed_length    changes to keep, 1 or more
--   wake           pub/sub channel (not a key: it lives in no slot)
-- RETURNS
--   rotated | missing | stale (it is not what the editor saw) | exists (there is a key of the new id) | full
--   orphan (there is no such consumer)
-- MISSING
--   records: there is no such key. consumers: there is none. head, feed: made.
-- COST
--   O(log records).
local head, feed, records, index, consumers, used = unpack(KEYS)
local owner, old, seen, old_record, new, record, before, before_seen, most, most_owned, feed_length, wake =
  unpack(ARGV)

local known = redis.call('HGET', records, old)
if not known then return 'missing' end
if redis.sha1hex(known) ~= seen then return 'stale' end
if redis.call('HEXISTS', records, new) == 1 then return 'exists' end
if redis.call('HEXISTS', consumers, owner) == 0 then return 'orphan' end

local earlier = before ~= '' and redis.call('HGET', records, before)
local forgotten = {}
if earlier and redis.sha1hex(earlier) == before_seen then forgotten[1] = before end
if old_record == '' then forgotten[#forgotten + 1] = old end
local owned = redis.call('ZLEXCOUNT', index, '[o' .. owner .. '\0', '(o' .. owner .. '\1') - #forgotten
if owned >= tonumber(most_owned) then return 'full' end
if redis.call('HLEN', records) - #forgotten >= tonumber(most) then return 'full' end

for _, id in ipairs(forgotten) do
  redis.call('HDEL', records, id)
  redis.call('ZREM', index, 'i' .. id, 'o' .. owner .. '\0' .. id)
  redis.call('ZREM', used, 'key:' .. id)
end
if old_record ~= '' then redis.call('HSET', records, old, old_record) end
redis.call('HSET', records, new, record)
redis.call('ZADD', index, 0, 'i' .. new, 0, 'o' .. owner .. '\0' .. new)
local seq
for _, id in ipairs({old, new}) do
  seq = redis.call('HINCRBY', head, 'seq', 1)
  redis.call('XADD', feed, 'MAXLEN', '=', feed_length, seq .. '-0', 'topic', 'credential', 'id', 'key:' .. id)
end
-- pcall: a user without the right to publish on the channel still rotates keys; nodes poll anyway.
redis.pcall('PUBLISH', wake, seq)
return 'rotated'
