-- Pauses a campaign at a person's request: no claim is granted from now on.
--- @include "guard"
-- Atomic because: status and the set of running campaigns change together.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · reason
-- Returns: {done | unchanged | no_campaign, status now}
-- Keys built: notices, notify, news, guard, running, scheduled, campaign:<id> :events
local c = open_campaign(ARG.campaign)
if not c then return { ANSWER.no_campaign, '' } end
local done = pause_campaign(c, ARG.reason)
if done then count_act() end
return { done and ANSWER.done or ANSWER.unchanged, c.status }
