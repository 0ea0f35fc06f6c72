-- Makes one owner's new document current, if nothing of that owner was published since the editor looked.
--
-- KEYS
--   head              hash: see keys.py
--   versions          hash number -> manifest
--   chunks            hash SHA-256 -> chunk
--   references        hash SHA-256 -> count of kept versions that refer to the chunk
--   publish_ids       hash publish id -> number
--   feed              stream of changes
-- ARGV
--   owner             file | api | k8s
--   base              number of this owner's last publish that the editor saw; 0 = none
--   publish_id        the same for every repetition of one publish
--   author            text
--   message           text
--   incarnation       what the editor's store was; '' = has never seen one
--   new_incarnation   what an empty store becomes
--   min_reader        the oldest reader of the new chunks
--   history           versions to keep, 1 or more
--   feed_length       changes to keep, 1 or more
--   wake              pub/sub channel (not a key: it lives in no slot)
--   hashes            the owner's chunk hashes in order, 64 hex digits each, without anything between
--   chunks_given...   hash, bytes, hash, bytes, ...; what the store may lack
-- RETURNS
--   {'published', number, incarnation} | {'already', number} | {'unchanged', number}
--   {'conflict', number, author, time_ms, message}: who published after base | {'behind', number}: base was lost
--   {'empty'} | {'foreign', incarnation} | {'missing', number, hash, ...}: nothing was done, give these chunks too
-- MISSING
--   head: the store is empty and takes new_incarnation, unless the editor expects another. Anything else: as if empty.
-- COST
--   O(chunks of one version + history); one more version's chunks for each version dropped, at most 10.
local head, versions, chunks, references, publish_ids, feed = unpack(KEYS)
local owner, base, publish_id, author, message, incarnation, new_incarnation, min_reader, history, feed_length,
  wake, hashes = unpack(ARGV, 1, 12)

local function distinct(manifest)
  local seen, list = {}, {}
  for _, of_owner in pairs(manifest.chunks) do
    for _, hash in ipairs(of_owner) do
      if not seen[hash] then seen[hash] = true; list[#list + 1] = hash end
    end
  end
  return list
end

local function drop(number)
  local manifest = redis.call('HGET', versions, number)
  for _, hash in ipairs(manifest and distinct(cmsgpack.unpack(manifest)) or {}) do
    if redis.call('HINCRBY', references, hash, -1) <= 0 then
      redis.call('HDEL', references, hash)
      redis.call('HDEL', chunks, hash)
    end
  end
  redis.call('HDEL', versions, number)
end

local done = redis.call('HGET', publish_ids, publish_id)
if done then
  -- Written again so that the WAITAOF which follows on this connection has something to wait for.
  redis.call('HSET', publish_ids, publish_id, done)
  return {'already', tonumber(done)}
end

local found = redis.call('HGET', head, 'incarnation')
if incarnation ~= '' and not found then return {'empty'} end
if incarnation ~= '' and found ~= incarnation then return {'foreign', found} end

local parent = tonumber(redis.call('HGET', head, 'number') or 0)
local current = parent > 0 and cmsgpack.unpack(redis.call('HGET', versions, parent)) or {chunks = {}}
local last = tonumber(redis.call('HGET', head, 'owner:' .. owner) or 0)
if last > 0 and table.concat(current.chunks[owner] or {}) == hashes then return {'unchanged', last} end
if last < tonumber(base) then return {'behind', last} end
if last > tonumber(base) then
  local winner = cmsgpack.unpack(redis.call('HGET', head, 'publish:' .. owner))
  return {'conflict', last, winner.author, winner.time_ms, winner.message}
end

local given, list, missing = {}, {}, {'missing', parent}
for at = 13, #ARGV, 2 do given[ARGV[at]] = ARGV[at + 1] end
for at = 1, #hashes, 64 do
  local hash = string.sub(hashes, at, at + 63)
  list[#list + 1] = hash
  if not given[hash] and redis.call('HEXISTS', chunks, hash) == 0 then missing[#missing + 1] = hash end
end
if #missing > 2 then return missing end

local number, time, reader = parent + 1, redis.call('TIME'), tonumber(min_reader)
for _, other in ipairs({'file', 'api', 'k8s'}) do
  if other ~= owner then
    reader = math.max(reader, tonumber(redis.call('HGET', head, 'min_reader:' .. other) or 0))
  end
end
current.chunks[owner] = list
local manifest = {
  schema = 1, incarnation = found or new_incarnation, number = number, parent = parent, author = author,
  message = message, time_ms = time[1] * 1000 + math.floor(time[2] / 1000), min_reader = reader,
  chunks = current.chunks,
}
local bytes = cmsgpack.pack(manifest)
for _, hash in ipairs(distinct(manifest)) do
  redis.call('HINCRBY', references, hash, 1)
  if given[hash] then redis.call('HSETNX', chunks, hash, given[hash]) end
end
redis.call('HSET', versions, number, bytes)
local seq = tonumber(redis.call('HGET', head, 'seq') or 0) + 1
redis.call('XADD', feed, 'MAXLEN', '=', feed_length, seq .. '-0', 'topic', 'version', 'id', number)
redis.call('HSET', publish_ids, publish_id, number)
redis.call('HSET', head, 'incarnation', manifest.incarnation, 'number', number, 'seq', seq, 'min_reader', reader,
  'digest', redis.sha1hex(bytes), 'owner:' .. owner, number, 'min_reader:' .. owner, min_reader, 'publish:' .. owner,
  cmsgpack.pack({author = author, time_ms = manifest.time_ms, message = message}))

local kept = redis.call('HLEN', versions)
local oldest = number - kept + 1
for dropped = oldest, math.min(number - tonumber(history), oldest + 9) do drop(dropped) end
local ids = redis.call('HGETALL', publish_ids)
for at = 1, #ids, 2 do
  if tonumber(ids[at + 1]) <= number - tonumber(history) then redis.call('HDEL', publish_ids, ids[at]) end
end
-- pcall: a user without the right to publish on the channel still publishes versions; nodes poll anyway.
redis.pcall('PUBLISH', wake, seq)
return {'published', number, manifest.incarnation}
