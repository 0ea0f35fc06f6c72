-- Changes the signing keys, if nobody else did since they were read, and tells the feed.
--
-- KEYS
--   head         hash: seq; see keys.py
--   feed         stream of changes
--   signing      hash: revision, and kid -> signing key (msgpack)
--   public       string: issuer and public keys (msgpack)
-- ARGV
--   revision     that the writer read; 0: there was none
--   new_public   what is public from now on (msgpack)
--   change       what the feed calls it
--   feed_length  changes to keep, 1 or more
--   wake         pub/sub channel (not a key: it lives in no slot)
--   changed...   kid, signing key (msgpack), kid, …; an empty one is removed
-- RETURNS
--   the new revision, or 0: another writer was first
-- MISSING
--   signing: revision 0. head, feed, public: made.
-- COST
--   O(keys changed).
local head, feed, signing, public = unpack(KEYS)
local revision, new_public, change, feed_length, wake = unpack(ARGV, 1, 5)

if (redis.call('HGET', signing, 'revision') or '0') ~= revision then return 0 end
for at = 6, #ARGV, 2 do
  if ARGV[at + 1] == '' then
    redis.call('HDEL', signing, ARGV[at])
  else
    redis.call('HSET', signing, ARGV[at], ARGV[at + 1])
  end
end
local new = redis.call('HINCRBY', signing, 'revision', 1)
redis.call('SET', public, new_public)
local seq = redis.call('HINCRBY', head, 'seq', 1)
redis.call('XADD', feed, 'MAXLEN', '=', feed_length, seq .. '-0', 'topic', 'signing', 'id', change)
-- pcall: a user without the right to publish on the channel still writes keys; nodes poll anyway.
redis.pcall('PUBLISH', wake, seq)
return new
