-- Forgets the counts of a day, to make room for later ones.
--
-- KEYS
--   counts   hash of that day
--   about    hash: 'd<day>' = how much that day has
-- ARGV
--   day      its number
-- RETURNS
--   1 forgotten | 0 there was nothing
-- MISSING
--   Anything: as if empty.
-- COST
--   O(1); the memory is given back in the background.
local counts, about = unpack(KEYS)
local day = unpack(ARGV)
redis.call('UNLINK', counts)
return redis.call('HDEL', about, 'd' .. day)
