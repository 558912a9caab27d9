-- Begins a bulk action about messages that were chosen before.
--- @include "ledger"
--- @include "guard"
-- Atomic because: an action exists with all its messages or not at all, and the same request
-- repeated finds the action that it began.
-- KEYS: 1 slot key of the number
-- ARGV: action · campaign · kind: retry | resolve · decision: of resolve; else '' · plan:
--   ActionPlan of core/action.ts, JSON · total · rows: the messages, packed (packed-rows.ts)
-- Returns: 'begun' · 'known': it began before · 'full': too many run · 'no_campaign' · 'closed' ·
--   'guarded': it would send again, and a rollback waits for a person
-- Keys built: actions, actions-live, action, action-rows, guard, campaign:<id>
local id = ARG.action
local key = P .. 'action:' .. id
if redis.call('EXISTS', key) == 1 then return ANSWER.known end
local c = open_rows(ARG.campaign)
if not c then return ANSWER.no_campaign end
local sends = ARG.kind == 'retry' or ARG.decision == DECISION.resend
if sends and c.closed ~= '' then return ANSWER.closed end
if sends and redis.call('HEXISTS', GUARD, 'noticedAt') == 1 then return ANSWER.guarded end
if redis.call('ZCARD', P .. 'actions-live') >= ACTIONS_LIVE_MAX then return ANSWER.full end
-- The action itself last: if a power cut kept half of this, there is none, and the next step of a
-- worker removes the rest.
redis.call('SET', P .. 'action-rows:' .. id, ARG.rows)
redis.call('ZADD', P .. 'actions-live', WALL, id)
redis.call('ZADD', P .. 'actions', WALL, id)
redis.call('HSET', key, 'state', ACTION_STATE.running, 'campaign', ARG.campaign, 'kind', ARG.kind,
  'decision', ARG.decision, 'plan', ARG.plan, 'total', ARG.total, 'cursor', 0, 'createdAt', WALL)
count_act()
-- Room for it: expired ones leave the list, and the oldest that ended go when there are too many.
local over = redis.call('ZCARD', P .. 'actions') - ACTIONS_MAX
for _, old in ipairs(redis.call('ZRANGE', P .. 'actions', 0, 2 * ACTIONS_LIVE_MAX)) do
  local its = P .. 'action:' .. old
  local is_gone = redis.call('EXISTS', its) == 0
  if is_gone or over > 0 and not redis.call('ZSCORE', P .. 'actions-live', old) then
    redis.call('UNLINK', its)
    redis.call('ZREM', P .. 'actions', old)
    over = over - 1
  end
end
return ANSWER.begun
