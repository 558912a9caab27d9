-- Tells a process the claim counter as it is now, to be remembered.
--- @include "base"
--- @include "guard"
-- Atomic because: a Redis that went back in time, or that nobody has spoken for yet, must not be
-- remembered as it is.
-- KEYS: 1 slot key of the number
-- ARGV: 1 this process's reading of the claim counter, '' none  2 a name for this process  3 how long
--       workers have time to speak after a start of Redis, ms
-- Returns: its new reading, or '' while the number is stopped
-- Keys built: by-end, guard, told, serial, campaign:<id> and its :open
local guard = check_guard(ARGV[1], ARGV[2], num(ARGV[3]), 'importer')
if guard.stopped then return '' end
note_told(ARGV[2], guard.count)
return reading(guard.count, guard.acts)
