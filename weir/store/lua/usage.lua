-- Adds what an agent counted to a minute or a day, once however often the call is repeated.
--
-- KEYS
--   counts        hash entry -> numbers (msgpack array); '@<writer>' its last call, '#' {rules, targets, consumers}
--   last          sorted set rule -> minute of its last hit
--   about         hash: since, lost_minutes, lost_days, 'd<day>' = how much that day has
-- ARGV
--   writer          whose calls are numbered
--   seq             1 or more, one higher with each call to these counts
--   day             its number if these are the counts of a day, '' for those of a minute
--   ttl_ms          of the counts
--   most_rules      entries 'r...' to keep apart; those of more are added to 'r(other)'
--   most_targets    the same of 't...'
--   most_consumers  the same of 'c...'
--   most_last       rules of last
--   lost_minutes    requests that never came, since the writer's last call with another number than 0
--   lost_days       the same
--   entries...      entry, minute of its last hit (Unix time / 60 s), numbers (msgpack array), entry, ...
-- RETURNS
--   {now_ms, 1 added or 0 was there already, entries of all days, earliest day or -1}
-- MISSING
--   counts, last, about: made.
-- COST
--   O(entries x (numbers + log last)), and O(days) where a day got a new entry.
local counts, last, about = unpack(KEYS)
local writer, seq, day, ttl_ms, most_rules, most_targets, most_consumers,
  most_last, lost_minutes, lost_days = unpack(ARGV, 1, 10)
local entries_at = 11
local most = {r = tonumber(most_rules), t = tonumber(most_targets), c = tonumber(most_consumers)}

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function days()
  local total, earliest, all = 0, -1, redis.call('HGETALL', about)
  for i = 1, #all, 2 do
    local number = tonumber(string.match(all[i], '^d(%d+)$'))
    if number and number < tonumber(day) - 400 then
      redis.call('HDEL', about, all[i])
    elseif number then
      total = total + tonumber(all[i + 1])
      if earliest < 0 or number < earliest then earliest = number end
    end
  end
  return total, earliest
end

local mine = '@' .. writer
if tonumber(redis.call('HGET', counts, mine) or 0) >= tonumber(seq) then return {now, 0, 0, -1} end

local stored = redis.call('HGET', counts, '#')
local known = stored and cmsgpack.unpack(stored) or {0, 0, 0}
local kept, grown = {r = known[1], t = known[2], c = known[3] or 0}, false

local function add(entry, numbers)
  local before = redis.call('HGET', counts, entry)
  if not before then
    local kind = string.sub(entry, 1, 1)
    if kept[kind] < most[kind] then
      kept[kind] = kept[kind] + 1
      grown = true
    else
      entry = kind .. '(other)'
      before = redis.call('HGET', counts, entry)
    end
  end
  if before then
    local sum, more = cmsgpack.unpack(before), cmsgpack.unpack(numbers)
    for place = 1, math.max(#sum, #more) do sum[place] = (sum[place] or 0) + (more[place] or 0) end
    numbers = cmsgpack.pack(sum)
  end
  redis.call('HSET', counts, entry, numbers)
end

for i = entries_at, #ARGV, 3 do
  add(ARGV[i], ARGV[i + 2])
  if string.sub(ARGV[i], 1, 1) == 'r' then redis.call('ZADD', last, 'GT', ARGV[i + 1], ARGV[i]) end
end
redis.call('HSET', counts, mine, seq)
redis.call('PEXPIRE', counts, ttl_ms)
if grown then redis.call('HSET', counts, '#', cmsgpack.pack({kept.r, kept.t, kept.c})) end

local beyond = redis.call('ZCARD', last) - tonumber(most_last)
if beyond > 0 then redis.call('ZREMRANGEBYRANK', last, 0, beyond - 1) end
redis.call('HSETNX', about, 'since', string.format('%.0f', now))
if tonumber(lost_minutes) > 0 then redis.call('HINCRBY', about, 'lost_minutes', lost_minutes) end
if tonumber(lost_days) > 0 then redis.call('HINCRBY', about, 'lost_days', lost_days) end
if day == '' or not grown then return {now, 1, 0, -1} end
redis.call('HSET', about, 'd' .. day, kept.r + kept.t + kept.c)
local total, earliest = days()
return {now, 1, total, earliest}
