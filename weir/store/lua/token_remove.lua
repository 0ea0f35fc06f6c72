-- Forgets an access token, unless it is the last one of an admin.
--
-- KEYS
--   tokens      hash id -> record (msgpack)
--   used        hash id -> milliseconds of its last use
-- ARGV
--   id          of the token
--   force       1: also the last one of an admin
-- RETURNS
--   removed | missing | last
-- MISSING
--   tokens: there is no such token. used: it was never used.
-- COST
--   O(tokens).
local tokens, used = unpack(KEYS)
local id, force = unpack(ARGV)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local all = redis.call('HGETALL', tokens)
local found, admin, others = false, false, 0
for at = 1, #all, 2 do
  local known = cmsgpack.unpack(all[at + 1])
  local good = known.role == 'admin' and known.expires_ms > now
  if all[at] == id then
    found, admin = true, good
  elseif good then
    others = others + 1
  end
end
if not found then return 'missing' end
if admin and others == 0 and force ~= '1' then return 'last' end
redis.call('HDEL', tokens, id)
redis.call('HDEL', used, id)
return 'removed'
