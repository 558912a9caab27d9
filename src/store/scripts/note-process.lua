-- Notes that a process runs, or that it has stopped; drops those not seen for an hour.
--- @include "base"
-- Atomic because: the description of a process and its last-seen time are added and removed
-- together, so neither key keeps an entry that the other lacks.
-- KEYS: 1 slot key of the number
-- ARGV: process · info: what it is, as JSON, or '' when it has stopped
-- Returns: how many processes are known
-- Keys built: processes, processes-seen
local FORGOTTEN_AFTER_MS = 60 * MINUTE_MS
-- A time in the future is from a fast clock: a running process reports again shortly.
local old = redis.call('ZRANGEBYSCORE', P .. 'processes-seen', '-inf', WALL - FORGOTTEN_AFTER_MS)
local latest = WALL + FORGOTTEN_AFTER_MS
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'processes-seen', latest, '+inf')) do
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
