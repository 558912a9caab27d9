-- A person accepts that Redis went back in time: sending goes on.
-- Atomic because: what was noticed is forgotten and the beat rises above all that workers remember in
-- one step, so the same rollback is not noticed again, and the next one is.
--- @include "base"
--- @include "guard"
-- KEYS: 1 slot key of the number
-- ARGV: 1 id of this database
-- Returns: 1 accepted, 0 no rollback was noticed
-- Keys built: guard
local f = redis.call('HMGET', GUARD, 'noticedAt', 'seen', 'beat', 'at')
if not f[1] then return 0 end
-- Far above: a worker that has not asked since may remember more than the one that noticed.
local HEADROOM = 1000000
redis.call('DEL', GUARD)
redis.call('HSET', GUARD, 'beat', math.max(num(f[2]), num(f[3])) + HEADROOM, 'at', WALL,
  'database', ARGV[1])
return 1
