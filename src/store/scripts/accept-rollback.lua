-- A person accepts that Redis went back in time: sending continues.
-- Atomic because: clearing the notice and raising the counter above all remembered readings happen
-- in one step, so the same rollback is not noticed again, and the next one is.
--- @include "guard"
-- KEYS: 1 slot key of the number
-- ARGV: database_id: of this database
-- Returns: 1 accepted, 0 nothing was noticed
-- Keys built: guard, told
local f = redis.call('HMGET', GUARD, 'noticedAt', 'seen', 'count', 'acts', 'claimedAt')
if not f[1] then return 0 end
-- A process that has been silent since may remember more than the one that noticed: of claims, of
-- changes by people, or of both.
local HEADROOM = 1000000
redis.call('DEL', GUARD, TOLD)
redis.call('HSET', GUARD, 'count', math.max(num(f[2]), num(f[3])) + 2 * HEADROOM, 'at', WALL,
  'acts', num(f[4]) + HEADROOM, 'claimedAt', num(f[5]), 'database', ARG.database_id,
  'run', run_id())
return 1
