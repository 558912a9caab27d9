-- Gives a due time of a recurring campaign file to one producer, which then looks for its list.
--- @include "base"
-- Atomic because: of several producers one looks; when it dies, the lease ends and another does.
-- The lease only saves work: commit-recurring decides whose list it is. Repeating it with the same
-- token extends the lease.
-- KEYS: 1 slot key of the number
-- ARGV: name: of the file · due: time · token: of the producer's try · lease_ms
-- Returns: {taken, 1 if it was taken before, and the last source's etag, the address it is of};
--   or {early}, {handled}, {busy}: of another producer, {gone}: without a schedule
-- Keys built: recurring:<name>
local key = P .. 'recurring:' .. ARG.name
local f = redis.call('HMGET', key, 'schedule', 'handled', 'lease', 'leaseUntil', 'tried', 'etag',
  'etagOf')
local due = num(ARG.due)
if not f[1] then return { ANSWER.gone } end
if due <= num(f[2]) then return { ANSWER.handled } end
if due > WALL then return { ANSWER.early } end
-- A lease that lasts longer than it may is of a clock that was fast.
local left = num(f[4]) - WALL
if f[3] and f[3] ~= ARG.token and left > 0 and left <= num(ARG.lease_ms) then
  return { ANSWER.busy }
end
redis.call('HSET', key, 'lease', ARG.token, 'leaseUntil', WALL + num(ARG.lease_ms), 'tried', due)
return { ANSWER.taken, num(f[5]) == due and 1 or 0, f[6] or '', f[7] or '' }
