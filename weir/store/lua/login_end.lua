-- Ends sessions of a person at the authorization server.
--
-- KEYS
--   logins      hash id -> session (msgpack)
--   seen        sorted set id -> wall milliseconds when it was last used
--   mine        sorted set id -> wall milliseconds when it began, of one person
-- ARGV
--   id          of the one to end; empty: all that the person has
-- RETURNS
--   how many ended
-- MISSING
--   logins, seen, mine: none ends.
-- COST
--   O(sessions of one person, which are few).
local logins, seen, mine = unpack(KEYS)
local id = unpack(ARGV)

local ending = {id}
if id == '' then ending = redis.call('ZRANGE', mine, 0, -1) end
local ended = 0
for _, one in ipairs(ending) do
  if redis.call('ZREM', mine, one) == 1 then
    ended = ended + redis.call('HDEL', logins, one)
    redis.call('ZREM', seen, one)
  end
end
return ended
