-- Notes that a process runs, or that it has stopped; forgets those that were not seen for an hour.
--- @include "base"
-- Atomic because: what a process is and when it was last seen come and go together, so that neither
-- key keeps what the other has lost.
-- KEYS: 1 slot key of the number
-- ARGV: process · info: what it is, as JSON, or '' when it has stopped
-- Returns: how many processes are known
-- Keys built: processes, processes-seen
local FORGOTTEN_AFTER_MS = 3600000
-- Times later than now are of a clock that was fast: a process that runs is back at its next beat.
local old = redis.call('ZRANGEBYSCORE', P .. 'processes-seen', '-inf', WALL - FORGOTTEN_AFTER_MS)
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'processes-seen', WALL + FORGOTTEN_AFTER_MS, '+inf')) do
  old[#old + 1] = id
end
if ARG.info == '' then old[#old + 1] = ARG.process end
for _, id in ipairs(old) do
  redis.call('HDEL', P .. 'processes', id)
  redis.call('ZREM', P .. 'processes-seen', id)
end
if ARG.info ~= '' then
  redis.call('HSET', P .. 'processes', ARG.process, ARG.info)
  redis.call('ZADD', P .. 'processes-seen', WALL, ARG.process)
end
return redis.call('ZCARD', P .. 'processes-seen')
