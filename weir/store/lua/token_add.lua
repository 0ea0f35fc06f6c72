-- Keeps a new access token. One that expired makes room when there are too many.
--
-- KEYS
--   tokens      hash id -> record (msgpack)
-- ARGV
--   id          of the new token
--   record      what is kept of it (msgpack)
--   most        tokens to keep
--   first       1: only while no admin's token is good
-- RETURNS
--   added | full | admin (there is an admin's token already)
-- MISSING
--   tokens: made.
-- COST
--   O(tokens) where first is 1 or there are too many, else O(1).
local tokens = unpack(KEYS)
local id, record, most, first = unpack(ARGV)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local full = redis.call('HLEN', tokens) >= tonumber(most)
if first == '1' or full then
  local all = redis.call('HGETALL', tokens)
  for at = 1, #all, 2 do
    local known = cmsgpack.unpack(all[at + 1])
    if known.expires_ms <= now then
      if full then redis.call('HDEL', tokens, all[at]) end
    elseif first == '1' and known.role == 'admin' then
      return 'admin'
    end
  end
end
if redis.call('HLEN', tokens) >= tonumber(most) then return 'full' end
redis.call('HSET', tokens, id, record)
return 'added'
