-- Notes the result of one try of a delivery.
--- @include "base"
-- Atomic because: a delivery leaves all its sets at once. Fenced by its tries: the result of a try
-- that was repeated by another worker changes nothing, except that a success ends it in any case.
-- KEYS: 1 slot key of the number
-- ARGV: endpoint · id · tries: before this one · result: delivered, failed or gone (the endpoint
--   wants no more) · wait_ms: until the next try, -1 for none · why: it failed, in words
-- Returns: 1, or 0 if it changed nothing
-- Keys built: clock, endpoint:<id>, endpoint-due:<id>, endpoint-order:<id>,
--   endpoint-deliveries:<id>
local e, id = ARG.endpoint, ARG.id
local key = P .. 'endpoint:' .. e
local value = redis.call('HGET', P .. 'endpoint-deliveries:' .. e, id)
if not value then return 0 end
local tries, rest = string.match(value, '^(%d+)(|.*)$')
if ARG.result ~= 'delivered' and tries ~= ARG.tries then return 0 end

local function drop()
  redis.call('HDEL', P .. 'endpoint-deliveries:' .. e, id)
  redis.call('ZREM', P .. 'endpoint-due:' .. e, id)
  redis.call('ZREM', P .. 'endpoint-order:' .. e, id)
end

if ARG.result == 'delivered' then
  drop()
  redis.call('HINCRBY', key, 'delivered', 1)
  redis.call('HSET', key, 'deliveredAt', WALL)
  return 1
end
redis.call('HSET', key, 'failedAt', WALL, 'failure', ARG.why)
if ARG.result == 'gone' then
  redis.call('HINCRBY', key, 'givenUp', redis.call('ZCARD', P .. 'endpoint-due:' .. e))
  redis.call('HSET', key, 'disabledAt', WALL)
  redis.call('DEL', P .. 'endpoint-due:' .. e, P .. 'endpoint-order:' .. e,
    P .. 'endpoint-deliveries:' .. e)
elseif num(ARG.wait_ms) < 0 then
  drop()
  redis.call('HINCRBY', key, 'givenUp', 1)
else
  redis.call('HSET', P .. 'endpoint-deliveries:' .. e, id, (num(tries) + 1) .. rest)
  redis.call('ZADD', P .. 'endpoint-due:' .. e, NOW + num(ARG.wait_ms), id)
end
return 1
