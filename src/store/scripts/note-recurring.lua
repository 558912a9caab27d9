-- Notes that a producer has seen a recurring campaign file, or that the file is gone.
--- @include "base"
-- Atomic because: a schedule that is new or was changed counts from when the first producer sees
-- it: due times before are not made up for. Repeating it changes only when it was last seen.
-- KEYS: 1 slot key of the number
-- ARGV: name: of the file · schedule: pattern and zone; ? it cannot be read, and the known one
--   stays; '' the file is gone · info: for people, JSON
-- Returns: {time of Redis, the last due time that was handled; '' without a schedule}
-- Keys built: recurring:<name>, recurring-past:<name>, recurring-files
local key = P .. 'recurring:' .. ARG.name
redis.call('ZREMRANGEBYSCORE', P .. 'recurring-files', '-inf', WALL - RECURRING_UNSEEN_MS)
if ARG.schedule == '' then
  redis.call('ZREM', P .. 'recurring-files', ARG.name)
  redis.call('HDEL', key, 'schedule', 'info', 'lease', 'leaseUntil')
  redis.call('EXPIRE', key, RECURRING_KEPT_S)
  redis.call('EXPIRE', P .. 'recurring-past:' .. ARG.name, RECURRING_KEPT_S)
  return { WALL, '' }
end
local known = redis.call('HMGET', key, 'schedule', 'handled')
local handled = num(known[2])
local schedule = ARG.schedule == '?' and known[1] or ARG.schedule
if known[1] ~= schedule then handled = math.max(handled, WALL) end
redis.call('HSET', key, 'schedule', schedule, 'info', ARG.info, 'handled', handled)
redis.call('PERSIST', key)
redis.call('PERSIST', P .. 'recurring-past:' .. ARG.name)
redis.call('ZADD', P .. 'recurring-files', WALL, ARG.name)
return { WALL, handled }
