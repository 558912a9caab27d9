-- Cancels a campaign in one step, whatever its size: pending rows read as cancelled from now on.
--- @include "closing"
--- @include "guard"
-- Atomic because: the count of pending moves to cancelled at the instant claims stop. Messages on
-- the wire are finished and recorded. A partial import is dropped: the same bytes may be imported
-- again.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · sure: 1 if its rows are copied after that: not while Redis may lack claims,
--   whose rows read as pending; else ''
-- Returns: {done | unchanged | guarded | no_campaign, status now}
-- Keys built: asking, shares, notices, notify, trials, news, clock, by-end, with-rows, guard,
--   imports, running, scheduled, endings, halt, campaign:<id> and its :counts :timeline :errors
--   :pricing :aside :beyond :chosen :first :ready :trial :events :seen
local c = open_campaign(ARG.campaign)
if not c then return { ANSWER.no_campaign, '' } end
if ARG.sure == '1' then
  if not guard_is_open() then return { ANSWER.guarded, c.status } end
  -- As it is: waiting for replicas proves only what this connection has written.
  redis.call('HSET', c.key, 'status', c.status)
end
local done, was = close_campaign(c, CLOSED.cancelled)
-- Redis may have lost attempts; then the count is not known.
if done and not guard_is_open() then redis.call('HDEL', c.key, 'attempts') end
if done then count_act() end
if done and was == STATUS.importing then
  forget_import(c)
  redis.call('HDEL', c.key, 'importer', 'importLease')
end
return { done and ANSWER.done or ANSWER.unchanged, c.status }
