-- Lets everything that waits for an endpoint be tried now, and enables it if it was disabled.
--- @include "base"
-- Atomic because: a worker that takes deliveries meanwhile sees all of them due, or none.
-- KEYS: 1 slot key of the number
-- ARGV: endpoint
-- Returns: how many deliveries are due now
-- Keys built: clock, endpoint:<id>, endpoint-due:<id>
local due = P .. 'endpoint-due:' .. ARG.endpoint
redis.call('HDEL', P .. 'endpoint:' .. ARG.endpoint, 'disabledAt')
local ids = redis.call('ZRANGE', due, 0, -1)
for _, id in ipairs(ids) do redis.call('ZADD', due, NOW, id) end
return #ids
