-- Keeps a new consumer, or forgets one; with either goes whatever belonged to a consumer of that name.
--
-- A new one starts without: what a backup caught of one that was just being removed must not come alive again.
--
-- KEYS
--   head           hash: seq; see keys.py
--   feed           stream of changes
--   consumers      hash name -> consumer (msgpack)
--   index          sorted set: 'i' name
--   keys           hash id -> API key
--   keys_index     sorted set: 'i' id, 'o' consumer NUL id
--   basics         hash user name -> basic login
--   basics_index   as keys_index
--   hmacs          hash id -> hmac key
--   hmacs_index    as keys_index
--   clients        hash id -> OAuth client, which loses its consumer and is disabled
--   clients_index  as keys_index
--   used           sorted set <kind>:<id> -> milliseconds of the last use
-- ARGV
--   name           of the consumer
--   record         the new one (msgpack); empty: it is removed
--   seen           SHA-1 of the record that the editor saw, hex; empty: whatever it is
--   most           consumers to keep
--   feed_length    changes to keep, 1 or more
--   wake           pub/sub channel (not a key: it lives in no slot)
-- RETURNS
--   created | exists | full, or: removed | missing | stale (it is not what the editor saw)
-- MISSING
--   head, feed, consumers, index: made. The others: nothing belongs to it.
-- COST
--   O(log records) for each record of the consumer: at most 4000.
local head, feed, consumers, index, keys, keys_index, basics, basics_index, hmacs, hmacs_index, clients,
  clients_index, used = unpack(KEYS)
local name, record, seen, most, feed_length, wake = unpack(ARGV)

local known = redis.call('HGET', consumers, name)
if record ~= '' and known then return 'exists' end
if record ~= '' and redis.call('HLEN', consumers) >= tonumber(most) then return 'full' end
-- Written again so that the WAITAOF which follows on this connection has something to wait for.
if record == '' and not known then return redis.call('HINCRBY', head, 'seq', 0) and 'missing' end
if record == '' and seen ~= '' and redis.sha1hex(known) ~= seen then return 'stale' end

local first, last = '[o' .. name .. '\0', '(o' .. name .. '\1'
local function ids(members)
  for at, member in ipairs(members) do members[at] = string.sub(member, #name + 3) end
  return members
end
local function belongs(data) return data and cmsgpack.unpack(data).consumer == name end

for _, id in ipairs(ids(redis.call('ZRANGEBYLEX', keys_index, first, last))) do
  if belongs(redis.call('HGET', keys, id)) then
    redis.call('HDEL', keys, id)
    redis.call('ZREM', keys_index, 'i' .. id)
    redis.call('ZREM', used, 'key:' .. id)
  end
end
redis.call('ZREMRANGEBYLEX', keys_index, first, last)
for _, id in ipairs(ids(redis.call('ZRANGEBYLEX', basics_index, first, last))) do
  if belongs(redis.call('HGET', basics, id)) then
    redis.call('HDEL', basics, id)
    redis.call('ZREM', basics_index, 'i' .. id)
    redis.call('ZREM', used, 'basic:' .. id)
  end
end
redis.call('ZREMRANGEBYLEX', basics_index, first, last)
for _, id in ipairs(ids(redis.call('ZRANGEBYLEX', hmacs_index, first, last))) do
  if belongs(redis.call('HGET', hmacs, id)) then
    redis.call('HDEL', hmacs, id)
    redis.call('ZREM', hmacs_index, 'i' .. id)
    redis.call('ZREM', used, 'hmac:' .. id)
  end
end
redis.call('ZREMRANGEBYLEX', hmacs_index, first, last)
for _, id in ipairs(ids(redis.call('ZRANGEBYLEX', clients_index, first, last))) do
  local data = redis.call('HGET', clients, id)
  if belongs(data) then
    local client = cmsgpack.unpack(data)
    client.consumer = ''
    client.disabled = true
    redis.call('HSET', clients, id, cmsgpack.pack(client))
  end
end
redis.call('ZREMRANGEBYLEX', clients_index, first, last)

redis.call('HDEL', consumers, name)
redis.call('ZREM', index, 'i' .. name)
redis.call('ZREM', used, 'consumer:' .. name)
if record ~= '' then
  redis.call('HSET', consumers, name, record)
  redis.call('ZADD', index, 0, 'i' .. name)
end
local seq = redis.call('HINCRBY', head, 'seq', 1)
redis.call('XADD', feed, 'MAXLEN', '=', feed_length, seq .. '-0', 'topic', 'credential', 'id', 'consumer:' .. name)
-- pcall: a user without the right to publish on the channel still keeps consumers; nodes poll anyway.
redis.pcall('PUBLISH', wake, seq)
return record ~= '' and 'created' or 'removed'
