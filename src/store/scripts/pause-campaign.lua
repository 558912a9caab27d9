-- Pauses a campaign on a person's word: nothing more is claimed from the next claim on.
--- @include "base"
--- @include "guard"
-- Atomic because: status and the set of running campaigns change together.
-- KEYS: 1 slot key of the number
-- ARGV: 1 campaign  2 reason
-- Returns: {1 paused now, 0 not | -1 no such campaign, status now}
-- Keys built: guard, running, scheduled, campaign:<id>
local c = open_campaign(ARGV[1])
if not c then return { -1, '' } end
local done = pause_campaign(c, ARGV[2])
if done then count_act() end
return { done and 1 or 0, c.status }
