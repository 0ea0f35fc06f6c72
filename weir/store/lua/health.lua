-- Adds one node's evidence of failing targets, and ejects for the whole cluster what the evidence of all supports:
-- from two nodes at least (or the only one), of 20 requests in 10 s, half of them, or so many in a row at each node
-- that had a good answer, of the nodes that have looked in the last 30 s. Without one good answer fewer are enough: a
-- whole row at two nodes each, or two rows at the only one. An only target stays.
--
-- KEYS
--   suspects      sorted set member -> milliseconds of its last failure; a member is "<owner>/<upstream> <URL>"
--   evidence      hash "<member>\n<node>" -> cmsgpack {{second, good, bad, row}, ...}
--   ejected       hash member -> cmsgpack {until_ms, times, length_ms}; once it is over the length is 0
--   nodes         sorted set node -> milliseconds of its last look (health_view.lua)
-- ARGV
--   node          who reports
--   now_ms        '' = the server's clock; given by tests only
--   gone          members, a line each, that their upstreams no longer have: ejected, they do not count
--   entries...    member, targets of its upstream, percent that may be ejected, failures in a row, milliseconds of one
--                 ejection, good, bad, row: eight for each target; a node reports what failed and who is a suspect
-- RETURNS
--   {member, ...}: ejected now
-- MISSING
--   Anything: as if empty. All keys expire; an ejection ends by its own time.
--   Clock set back: what was seen in the future counts as seen now; health_view.lua mends the rest within a second.
-- COST
--   O(ejected + nodes + entries); O(nodes) more for an entry that speaks against its target by itself, as others need
--   not be looked at, if the target may be ejected: after LOOKS of them what else comes is kept only, so that one call
--   never takes long, and looked at with a later report. At most 1000 members are suspects at a time.
local suspects, evidence, ejected, nodes = unpack(KEYS)
local node, now_ms, gone = unpack(ARGV, 1, 3)
local SECONDS, LEAST, LIVE_MS, MOST, LOOKS, LONGEST_MS, TTL_MS = 10, 20, 30000, 1000, 400, 300000, 660000

local time = redis.call('TIME')
local now = tonumber(now_ms) or time[1] * 1000 + math.floor(time[2] / 1000)
local second, looked = math.floor(now / 1000), 0
local names = redis.call('ZRANGEBYSCORE', nodes, now - LIVE_MS, '+inf')

local known, out_of, told, left, stored = {}, {}, {}, {}, redis.call('HGETALL', ejected)
for member in string.gmatch(gone, '[^\n]+') do left[member] = true end
for i = 1, #stored, 2 do
  local state, upstream = cmsgpack.unpack(stored[i + 1]), string.match(stored[i], '^(.*) ')
  known[stored[i]] = state
  if state[1] > now and not left[stored[i]] then out_of[upstream] = (out_of[upstream] or 0) + 1 end
end

-- Of one node, in the last ten seconds: good answers, failures, and failures since the last good answer.
local function sums(member, name, more)
  local field, good, bad, row, recent = member .. '\n' .. name, 0, 0, 0, {}
  local said = cmsgpack.unpack(redis.call('HGET', evidence, field) or '\144')  -- an empty list
  said[#said + 1] = more
  for _, one in ipairs(said) do
    one[1] = math.min(one[1], second)
    if one[1] > second - SECONDS then
      recent[#recent + 1] = one
      good, bad, row = good + one[2], bad + one[3], one[2] > 0 and one[4] or row + one[3]
    end
  end
  if more then redis.call('HSET', evidence, field, cmsgpack.pack(recent)) end
  return good, bad, row
end

local function is_proven(member, after)
  local good, bad, row, reporters, rows = 0, 0, math.huge, 0, 0
  for _, name in ipairs(names) do
    local its_good, its_bad, its_row = sums(member, name)
    good, bad, looked = good + its_good, bad + its_bad, looked + 1
    if its_good > 0 then row = math.min(row, its_row) end
    if its_bad > 0 then reporters, rows = reporters + 1, rows + (its_bad >= after and 1 or 0) end
  end
  local is_only = #names == 1 and names[1] == node
  if good == 0 and (rows > 1 or (is_only and bad >= 2 * after)) then return true end
  return good + bad >= LEAST and (bad >= good or row >= after) and (is_only or reporters > 1)
end

for at = 4, #ARGV, 8 do
  local member, targets, percent, after, for_ms, good, bad, row = unpack(ARGV, at, at + 7)
  local upstream, before = string.match(member, '^(.*) '), known[member]
  local watched = redis.call('ZSCORE', suspects, member) or (bad ~= '0' and redis.call('ZCARD', suspects) < MOST)
  if watched and not (before and before[1] > now) then
    if bad ~= '0' then redis.call('ZADD', suspects, now, member) end
    good, bad, row = sums(member, node, {second, tonumber(good), tonumber(bad), tonumber(row)})
    local may = tonumber(targets) > 1 and (out_of[upstream] or 0) < math.max(1, math.floor(targets * percent / 100))
    if may and (bad >= good or row >= tonumber(after)) and looked < LOOKS and is_proven(member, tonumber(after)) then
      local times = before and math.max(0, before[2] - math.floor((now - before[1]) / for_ms)) + 1 or 1
      local ms = math.min(for_ms * times, math.max(LONGEST_MS, tonumber(for_ms)))
      known[member], out_of[upstream], told[#told + 1] = {now + ms, times, ms}, (out_of[upstream] or 0) + 1, member
      redis.call('HSET', ejected, member, cmsgpack.pack(known[member]))
      redis.call('PEXPIRE', ejected, math.max(redis.call('PTTL', ejected), ms + TTL_MS))
      for _, name in ipairs(names) do redis.call('HDEL', evidence, member .. '\n' .. name) end
    end
  end
end
for _, key in ipairs({evidence, suspects}) do redis.call('PEXPIRE', key, 2000 * SECONDS) end
return told
