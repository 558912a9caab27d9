-- A person says that Redis was only started anew and lacks nothing: sending goes on.
-- Atomic because: a worker that remembers more may speak at the same moment, and then it lacks something.
--- @include "guard"
-- KEYS: 1 slot key of the number
-- ARGV: none
-- Returns: 1 done, 0 nobody asked, -1 somebody remembers more than Redis has
-- Keys built: guard
local f = redis.call('HMGET', GUARD, 'noticedAt', 'unconfirmed')
if not f[1] then return 0 end
if not f[2] then return -1 end
confirm_run(run_id())
return 1
