-- When a worker of the number has something to do next.
--- @include "base"
-- Atomic because: what moves from one index to another is in exactly one of them.
-- KEYS: 1 slot key of the number
-- ARGV: resend_after_ms: how long an unknown message of an at-least-once campaign waits for
--   evidence · webhooks_arriving_ms: they count as arriving for this time; then for each: endpoint:
--   of webhooks out that is configured
-- Returns: ms until then, 0 for now, -1 if there is nothing
-- Keys built: clock, running, leases, actions-live, news, failed-outbox, opt-out-outbox, scheduled,
--   endings, trials, failures-due, resends, stats, notices, notices-failed, endpoint:<id>,
--   endpoint-due:<id>
local busy = redis.call('EXISTS', P .. 'running', P .. 'leases', P .. 'actions-live', P .. 'news',
  P .. 'failed-outbox', P .. 'opt-out-outbox')
if busy > 0 then return 0 end

local due
local function note_first(key, now, wait)
  local at = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
  if at then due = math.min(due or math.huge, num(at) + wait - now) end
end
note_first(P .. 'scheduled', WALL, 0)
note_first(P .. 'endings', WALL, 0)
note_first(P .. 'trials', NOW, 0)
note_first(P .. 'failures-due', NOW, 0)
if webhooks_arriving(num(ARG.webhooks_arriving_ms)) then
  note_first(P .. 'resends', NOW, num(ARG.resend_after_ms))
end
for at = REST, #ARGV, STEP do
  local e = EACH.endpoint
  if redis.call('HEXISTS', P .. 'endpoint:' .. e, 'disabledAt') == 0 then
    note_first(P .. 'endpoint-due:' .. e, NOW, 0)
  end
end
if #ARGV >= REST then
  if redis.call('XLEN', P .. 'notices') + redis.call('XLEN', P .. 'notices-failed') > 0 then
    return 0
  end
end
return due and math.max(0, math.ceil(due)) or -1
