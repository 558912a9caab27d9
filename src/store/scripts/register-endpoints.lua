-- Notes which endpoints are configured for webhooks out, so that scripts note events for them.
--- @include "base"
-- Atomic because: an endpoint is forgotten with everything that waited for it.
-- KEYS: 1 slot key of the number
-- ARGV: notify: events, or all (failed messages as well), or '' for no endpoint ·
--   forget_ms: an endpoint that has not been configured for so long is forgotten;
--   then for each: id: of the endpoint · name
-- Returns: how many were forgotten
-- Keys built: notify, notices, notices-failed, endpoints, endpoint:<id>, endpoint-due:<id>,
--   endpoint-order:<id>, endpoint-deliveries:<id>
local CONFIGURED_MS = 6 * 60 * MINUTE_MS
-- A number that rests registers when its turn comes: about once an hour with 500 numbers in one
-- process, hence the hours. In a rolling restart some workers have endpoints and others do not
-- yet; those without change nothing, so that no event of that time is lost.
if ARG.notify == '' then
  local last = redis.call('ZREVRANGE', P .. 'endpoints', 0, 0, 'WITHSCORES')
  local age = WALL - num(last[2])
  if age < 0 or age >= CONFIGURED_MS then
    redis.call('DEL', P .. 'notify', P .. 'notices', P .. 'notices-failed')
  end
else
  redis.call('SET', P .. 'notify', ARG.notify)
end
for at = REST, #ARGV, STEP do
  redis.call('HSET', P .. 'endpoint:' .. EACH.id, 'name', EACH.name)
  redis.call('ZADD', P .. 'endpoints', WALL, EACH.id)
end
local old = redis.call('ZRANGEBYSCORE', P .. 'endpoints', '-inf', WALL - num(ARG.forget_ms))
for _, e in ipairs(old) do
  redis.call('DEL', P .. 'endpoint:' .. e, P .. 'endpoint-due:' .. e, P .. 'endpoint-order:' .. e,
    P .. 'endpoint-deliveries:' .. e)
  redis.call('ZREM', P .. 'endpoints', e)
end
return #old
