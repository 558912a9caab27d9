-- Notes what a producer found in its drop folder, or that it has not changed.
--- @include "base"
-- Atomic because: a report and when it was last confirmed are added and removed together. Repeating
-- it changes only when it was confirmed.
-- KEYS: 1 slot key of the number
-- ARGV: producer: its host and folder · report: JSON, or '' to confirm the one that is known
-- Returns: 1; 0 if there is none to confirm
-- Keys built: drop-reports, drop-reports-seen
local FORGOTTEN_AFTER_MS = 24 * 60 * MINUTE_MS
local reports, seen = P .. 'drop-reports', P .. 'drop-reports-seen'
local old = redis.call('ZRANGEBYSCORE', seen, '-inf', WALL - FORGOTTEN_AFTER_MS)
for _, producer in ipairs(old) do
  redis.call('HDEL', reports, producer)
  redis.call('ZREM', seen, producer)
end
if ARG.report ~= '' then
  redis.call('HSET', reports, ARG.producer, ARG.report)
elseif redis.call('HEXISTS', reports, ARG.producer) == 0 then
  return 0
end
redis.call('ZADD', seen, WALL, ARG.producer)
return 1
