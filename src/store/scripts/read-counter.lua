-- Reads the claim counter for a process to remember.
--- @include "guard"
-- Atomic because: the counter of a Redis that went back in time, or that no worker has confirmed,
-- must not be remembered.
-- KEYS: 1 slot key of the number
-- ARGV: reading: this process's of the claim counter, '' none · process: a name for this process
--   · settle_ms: how long workers have to report after a start of Redis
-- Returns: its new reading, or '' while the number is stopped
-- Keys built: clock, by-end, guard, told, serial, campaign:<id> and its :open
local guard = check_guard(ARG.reading, ARG.process, num(ARG.settle_ms), 'importer')
if guard.stopped then return '' end
return new_reading_of(ARG.process, guard.count, guard.acts)
