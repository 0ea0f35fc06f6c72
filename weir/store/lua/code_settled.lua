-- Asked when the tokens of a code have been made: whether nobody showed the code again meanwhile.
--
-- KEYS
--   codes       hash id -> "n" and the code's record, or "u" or "r" and the family of who redeemed it
-- ARGV
--   id          of the code
--   family      of the tokens
-- RETURNS
--   1, or 0: the code was shown again, and the tokens are to be revoked
-- MISSING
--   codes: 0.
-- COST
--   O(1).
local codes = unpack(KEYS)
local id, family = unpack(ARGV)

if redis.call('HGET', codes, id) == 'u' .. family then return 1 end
return 0
