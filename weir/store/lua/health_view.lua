-- Tells a node what the cluster knows of targets: whom to watch, who is ejected, and which checks have new results.
--
-- KEYS
--   suspects      sorted set member -> milliseconds of its last failure
--   evidence      hash member -> what health.lua keeps
--   ejected       hash member -> cmsgpack {until_ms, times, length_ms}
--   checked       sorted set check -> milliseconds of its last result
--   results       hash check -> the result as its prober wrote it
--   nodes         sorted set node -> milliseconds of its last look
-- ARGV
--   node          who looks
--   since         milliseconds of the last result that the node has seen; of the future: all are told
--   now_ms        '' = the server's clock; given by tests only
-- RETURNS
--   {now_ms, {member, ...}: suspects, {member, remaining_ms, ...}: ejected, {check, milliseconds, result, ...}, nodes}
-- MISSING
--   Anything: as if empty.
--   Clock set back: an ejection is as long again as it was at most, and none that is over comes back; the last look,
--   failure and result were now, and others as long before them as they were.
-- COST
--   O(suspects + ejected + results told); at most 1000 results are told, the oldest first. Removes what is over, of
--   evidence at most FIELDS fields twice, and the rest with later looks.
local suspects, evidence, ejected, checked, results, nodes = unpack(KEYS)
local node, since, now_ms = unpack(ARGV)
local WINDOW_MS, REMEMBER_MS, MOST, LIVE_MS, FIELDS = 10000, 300000, 1000, 30000, 2000

local time = redis.call('TIME')
local now = tonumber(now_ms) or time[1] * 1000 + math.floor(time[2] / 1000)

for _, key in ipairs({suspects, checked, nodes}) do
  local ahead = tonumber(redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2] or now) - now
  local late = ahead > 0 and redis.call('ZRANGEBYSCORE', key, '(' .. now, '+inf', 'WITHSCORES') or {}
  for i = 1, #late, 2 do redis.call('ZADD', key, late[i + 1] - ahead, late[i]) end
end
if tonumber(since) > now then since = 0 end

-- What is over in a sorted set, as much of it as is removed at a time beside `others`.
local function over(key, before, others)
  local most = math.max(1, math.floor(FIELDS / math.max(1, others)))
  return redis.call('ZRANGEBYSCORE', key, '-inf', before, 'LIMIT', 0, most)
end

local function forget(members, names)
  for _, member in ipairs(members) do
    local fields = {}
    for i, name in ipairs(names) do fields[i] = member .. '\n' .. name end
    if #fields > 0 then redis.call('HDEL', evidence, unpack(fields)) end
  end
end

local names = redis.call('ZRANGE', nodes, 0, -1)
local past = over(suspects, now - WINDOW_MS, #names)
forget(past, names)
if #past > 0 then redis.call('ZREM', suspects, unpack(past)) end

redis.call('ZADD', nodes, now, node)
local gone = over(nodes, now - LIVE_MS, redis.call('ZCARD', suspects))
forget(#gone > 0 and redis.call('ZRANGE', suspects, 0, -1) or {}, gone)
if #gone > 0 then redis.call('ZREM', nodes, unpack(gone)) end
redis.call('PEXPIRE', nodes, 2 * LIVE_MS)

local out, stored = {}, redis.call('HGETALL', ejected)
for i = 1, #stored, 2 do
  local until_ms, times, length = unpack(cmsgpack.unpack(stored[i + 1]))
  local left = math.min(until_ms - now, length)
  if left < until_ms - now or (left <= 0 and length > 0) then
    redis.call('HSET', ejected, stored[i], cmsgpack.pack({now + left, times, math.max(0, left)}))
  end
  if left > 0 then
    out[#out + 1] = stored[i]
    out[#out + 1] = left
  elseif left < -REMEMBER_MS then
    redis.call('HDEL', ejected, stored[i])
  end
end

local fresh, told = redis.call('ZRANGEBYSCORE', checked, since, '+inf', 'WITHSCORES', 'LIMIT', 0, MOST), {}
for i = 1, #fresh, 2 do
  told[#told + 1] = fresh[i]
  told[#told + 1] = tonumber(fresh[i + 1])
  told[#told + 1] = redis.call('HGET', results, fresh[i]) or ''
end
return {now, redis.call('ZRANGE', suspects, 0, -1), out, told, redis.call('ZCARD', nodes)}
