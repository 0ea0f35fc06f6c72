-- Takes tokens of a limit that holds in every calendar window, which all live nodes together can restore.
--
-- Each node has two counts that only grow, granted and given back; both are merged by taking the greater, so that
-- what a node says again heals a loss and does no harm otherwise. A node says its own counts with every call, and all
-- that it has heard of where the store has lost some: it grants nothing to a node that knows of more than the store.
--
-- A clock that was set back stands still. One that had run ahead by more than a window is followed, and the counts come
-- along into the true window: some of what was granted may still be spent.
--
-- KEYS
--   usage       hash: see keys.py
-- ARGV
--   window_ms   milliseconds of a window, counted from 1970 in UTC; 0 = a month
--   most        tokens of a window
--   want        tokens; 0 = none
--   least       fewer than this are of no use; at most want
--   divisor     the part of what is left that one call may take, 1 or more
--   node        who asks
--   life        of the node's process: a later one is greater
--   window      number of the window that the counts below belong to
--   heard       tokens that all nodes together took in that window, as far as the caller knows
--   nodes       more than this many have no place
--   at          milliseconds; '' = the server's clock
--   known...    node, granted, given back, ...: the caller's own counts, and those of others that may be lost
-- RETURNS
--   {granted, left, wait_ms, ttl_ms, window, why, {node, granted, given back, ...}}: why is ok | fenced (a later life of
--   the node was here) | full (too many nodes) | lost (the caller should say all that it knows, and ask again); these
--   grant nothing. The caller's counts are the last of the list.
-- MISSING
--   usage: nothing was granted, besides what the caller knows.
-- COST
--   O(nodes).
local usage = unpack(KEYS)
local window_ms, most, want, least, divisor, node, life, window, heard, nodes, at = unpack(ARGV, 1, 11)

local function month_of(day)
  -- Howard Hinnant's civil_from_days: eras of 400 years whose years begin in March.
  local z, doe = day + 719468, (day + 719468) % 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  return (yoe + math.floor(z / 146097) * 400) * 12 + math.floor((5 * doy + 2) / 153) + 2
end

local width, need, time = tonumber(window_ms), tonumber(least), redis.call('TIME')
local now = tonumber(at) or time[1] * 1000 + math.floor(time[2] / 1000)
local flat, state = redis.call('HGETALL', usage), {}
for place = 1, #flat, 2 do state[flat[place]] = flat[place + 1] end
local function window_at(ms)
  if width > 0 then return math.floor(ms / width), (math.floor(ms / width) + 1) * width end
  local month, last = month_of(math.floor(ms / 86400000)), math.floor(ms / 86400000) + 1
  while month_of(last) == month do last = last + 1 end
  return month, last * 86400000
end
local stored, current, ends = tonumber(state.window), window_at(now)
local astray = (stored or 0) > current + 1
if not astray then
  now = math.max(now, tonumber(state.now or 0))
  current, ends = window_at(now)
  if stored and stored ~= current then state = {}; redis.call('DEL', usage) end
end

local set = {'now', now, 'window', current}
local function merge(field, value)
  if tonumber(value) <= tonumber(state[field] or 0) then return end
  state[field], set[#set + 1], set[#set + 2] = value, field, value
end
for at = 12, tonumber(window) == current and #ARGV or 0, 3 do
  merge('g:' .. ARGV[at], ARGV[at + 1])
  merge('r:' .. ARGV[at], ARGV[at + 2])
end

local counts, taken, sum, places, granted, wait, why = {}, 0, 0, 0, 0, 0, 'ok'
for field, value in pairs(state) do
  local of = string.match(field, '^g:(.+)')
  if of then
    local back = tonumber(state['r:' .. of] or 0)
    taken, sum, places = taken + value - back, sum + value, places + 1
    if of ~= node then
      counts[#counts + 1], counts[#counts + 2], counts[#counts + 3] = of, tonumber(value), back
    end
  end
end
if tonumber(state['l:' .. node] or 0) > tonumber(life) then why = 'fenced'
elseif not state['g:' .. node] and places >= tonumber(nodes) then why = 'full'
elseif tonumber(window) == current and sum < tonumber(heard) then why = 'lost' end

local left, mine = most - taken, tonumber(state['g:' .. node] or 0)
if why == 'ok' and tonumber(want) > 0 then
  if left >= need then granted = math.min(tonumber(want), math.max(need, math.floor(left / tonumber(divisor)))) end
  if granted > 0 then merge('l:' .. node, life); merge('g:' .. node, mine + granted) end
end
if granted == 0 then wait = ends - now end
if #set > 4 or astray then
  for first = 1, #set, 1000 do redis.call('HSET', usage, unpack(set, first, math.min(first + 999, #set))) end
  redis.call('PEXPIRE', usage, ends - now + 60000)
end
counts[#counts + 1], counts[#counts + 2], counts[#counts + 3] = node, mine + granted, tonumber(state['r:' .. node] or 0)
return {granted, left - granted, wait, ends - now, current, why, counts}
