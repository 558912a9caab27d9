-- Takes deliveries of an endpoint that are due.
--- @include "base"
-- Atomic because: a delivery that is taken is due again only when its lease ends, so one worker has
-- it, and one whose worker died is delivered by the next, under the same id.
-- KEYS: 1 slot key of the number
-- ARGV: endpoint · taken_max · lease_ms
-- Returns: for each: id, `tries|type|body`
-- Keys built: clock, endpoint:<id>, endpoint-due:<id>, endpoint-deliveries:<id>
keep_clock()
local e = ARG.endpoint
if redis.call('HEXISTS', P .. 'endpoint:' .. e, 'disabledAt') == 1 then return {} end
local due, answer = P .. 'endpoint-due:' .. e, {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', NOW, 'LIMIT', 0, ARG.taken_max)) do
  redis.call('ZADD', due, NOW + num(ARG.lease_ms), id)
  answer[#answer + 1] = id
  answer[#answer + 1] = redis.call('HGET', P .. 'endpoint-deliveries:' .. e, id)
end
return answer
