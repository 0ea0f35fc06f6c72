-- Reads what it takes to judge credentials: each record, its client and its consumer, with the newest change they are
-- of.
--
-- KEYS
--   head         hash: seq; see keys.py
--   consumers    hash name -> consumer (msgpack)
--   keys         hash id -> API key
--   basics       hash user name -> basic login
--   hmacs        hash id -> hmac key
--   clients      hash id -> OAuth client
--   opaque       hash id -> opaque access token
-- ARGV
--   most         credentials to read; what is wanted beyond is not
--   wanted...    kind, id, kind, id, ...; the kinds are key, basic, hmac, client, opaque, consumer
-- RETURNS
--   {seq, record or '', its client or '', its consumer or '', record or '', ...}; only an opaque token has a client
-- MISSING
--   head: seq is 0. The others: there is none.
-- COST
--   O(records wanted).
local head, consumers, keys, basics, hmacs, clients, opaque = unpack(KEYS)
local most = unpack(ARGV, 1, 1)

local function field(record, name) return record and cmsgpack.unpack(record)[name] or '' end

local answer = {tonumber(redis.call('HGET', head, 'seq') or 0)}
for at = 2, math.min(#ARGV, 2 * most + 1), 2 do
  local kind, id = ARGV[at], ARGV[at + 1]
  local record, client
  if kind == 'key' then
    record = redis.call('HGET', keys, id)
  elseif kind == 'basic' then
    record = redis.call('HGET', basics, id)
  elseif kind == 'hmac' then
    record = redis.call('HGET', hmacs, id)
  elseif kind == 'client' then
    record = redis.call('HGET', clients, id)
  elseif kind == 'opaque' then
    record = redis.call('HGET', opaque, id)
    client = redis.call('HGET', clients, field(record, 'client'))
  else
    record = redis.call('HGET', consumers, id)
  end
  answer[#answer + 1] = record or ''
  answer[#answer + 1] = client or ''
  answer[#answer + 1] = redis.call('HGET', consumers, field(client or record, 'consumer')) or ''
end
return answer
