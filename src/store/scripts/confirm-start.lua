-- A person confirms that Redis lacks nothing after a restart or a restore: sending continues.
-- Atomic because: a worker that remembers more may report at the same moment; then data is missing.
--- @include "guard"
-- KEYS: 1 slot key of the number
-- ARGV: none
-- Returns: confirmed | nothing_asked | went_back: a process remembers more than Redis has
-- Keys built: guard
local f = redis.call('HMGET', GUARD, 'noticedAt', 'unconfirmed', 'restored')
if not f[1] then return ANSWER.nothing_asked end
if not f[2] and not f[3] then return ANSWER.went_back end
confirm_run(run_id())
return ANSWER.confirmed
