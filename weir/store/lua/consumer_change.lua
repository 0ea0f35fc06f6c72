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
--   clients        hash id -> OAuth client, which only loses its consumer
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
if record ~= '' then
  if known then return 'exists' end
  if redis.call('HLEN', consumers) >= tonumber(most) then return 'full' end
elseif not known then
  -- Written again so that the WAITAOF which follows on this connection has something to wait for.
  redis.call('HINCRBY', head, 'seq', 0)
  return 'missing'
elseif seen ~= '' and redis.sha1hex(known) ~= seen then
  return 'stale'
end

local function each_owned(of_index, act)
  for _, member in ipairs(redis.call('ZRANGEBYLEX', of_index, '[o' .. name .. '\0', '(o' .. name .. '\1')) do
    act(string.sub(member, #name + 3))
    redis.call('ZREM', of_index, member)
  end
end

local function belongs(data) return data and cmsgpack.unpack(data).consumer == name end

local function forget(kind, records, of_index)
  each_owned(of_index, function(id)
    if belongs(redis.call('HGET', records, id)) then
      redis.call('HDEL', records, id)
      redis.call('ZREM', of_index, 'i' .. id)
      redis.call('ZREM', used, kind .. ':' .. id)
    end
  end)
end

forget('key', keys, keys_index)
forget('basic', basics, basics_index)
forget('hmac', hmacs, hmacs_index)
each_owned(clients_index, function(id)
  local data = redis.call('HGET', clients, id)
  if belongs(data) then
    local client = cmsgpack.unpack(data)
    client.consumer = ''
    redis.call('HSET', clients, id, cmsgpack.pack(client))
  end
end)

if record ~= '' then
  redis.call('HSET', consumers, name, record)
  redis.call('ZADD', index, 0, 'i' .. name)
else
  redis.call('HDEL', consumers, name)
  redis.call('ZREM', index, 'i' .. name)
  redis.call('ZREM', used, 'consumer:' .. name)
end
local seq = redis.call('HINCRBY', head, 'seq', 1)
redis.call('XADD', feed, 'MAXLEN', '=', feed_length, seq .. '-0', 'topic', 'credential', 'id', 'consumer:' .. name)
-- pcall: a user without the right to publish on the channel still keeps consumers; nodes poll anyway.
redis.pcall('PUBLISH', wake, seq)
return record ~= '' and 'created' or 'removed'
