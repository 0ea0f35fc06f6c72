-- Notes when an access token was last used, if it still is one.
--
-- KEYS
--   tokens      hash id -> record (msgpack)
--   used        hash id -> milliseconds of its last use
-- ARGV
--   id          of the token
--   now_ms      wall milliseconds of the use
-- RETURNS
--   1 noted | 0 there is no such token
-- MISSING
--   tokens: there is no such token. used: made.
-- COST
--   O(1).
local tokens, used = unpack(KEYS)
local id, now_ms = unpack(ARGV)

if redis.call('HEXISTS', tokens, id) == 0 then return 0 end
redis.call('HSET', used, id, now_ms)
return 1
