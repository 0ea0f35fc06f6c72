-- Reads what it takes to judge an access token: its record, its last use, and how often its address was wrong.
--
-- KEYS
--   tokens      hash id -> record (msgpack)
--   used        hash id -> milliseconds of its last use
--   failures    string, wrong attempts of the address
-- ARGV
--   id          of the token; empty where there is none to look for
-- RETURNS
--   record or empty, milliseconds of its last use or 0, failures, milliseconds until they are forgotten, now in
--   milliseconds
-- MISSING
--   tokens, used: there is no such token. failures: none.
-- COST
--   O(1).
local tokens, used, failures = unpack(KEYS)
local id = unpack(ARGV)

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return {
  redis.call('HGET', tokens, id) or '',
  tonumber(redis.call('HGET', used, id) or 0),
  tonumber(redis.call('GET', failures) or 0),
  math.max(0, redis.call('PTTL', failures)),
  now,
}
