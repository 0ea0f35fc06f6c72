-- Reads the changes after a sequence number, together with the newest number and whose data it is.
--
-- KEYS
--   head     hash: incarnation, seq
--   feed     stream of changes, entries <seq>-0
-- ARGV
--   since    the last sequence number that the reader has seen; 0 = none
--   limit    entries to return, 1 or more
-- RETURNS
--   {incarnation or '', seq, {{'<seq>-0', {'topic', topic, 'id', id}}, ...}}
-- MISSING
--   head: the store is empty: '' and 0. feed: no entries.
-- COST
--   O(entries returned).
local head, feed = unpack(KEYS)
local since, limit = unpack(ARGV)

local found = redis.call('HMGET', head, 'incarnation', 'seq')
return {found[1] or '', tonumber(found[2] or 0),
  redis.call('XRANGE', feed, '(' .. since .. '-0', '+', 'COUNT', limit)}
