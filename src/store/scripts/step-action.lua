-- Takes one step of a bulk action: decides about its messages in one batch.
--- @include "action"
--- @include "decide"
--- @include "guard"
-- Atomic because: the messages, the counts of the action and its place move together. So a step
-- that is repeated after a crash, or taken by two processes at once, finds another place and does
-- nothing. Each message is fenced by the attempt it had when the action began.
-- KEYS: 1 slot key of the number
-- ARGV: action · runner: names the process that takes the step · held_ms: for so long only that
--   one takes steps · cursor: the place where the messages were read · next: the place after them ·
--   batch · rows: RETRY_ROW of protocol.ts each; '' if none are stored · lease_ms ·
--   webhooks_arriving_ms: they count as arriving for this time
-- Returns: 'stepped' · 'ended': it has, now or before · 'gone' · 'busy': another process takes
--   steps · 'moved': the place is another · 'guarded': it would send again,
--   and Redis may have gone back in time
-- Keys built: schema, action, action-rows, actions-live, asking, shares, notices, notices-failed,
--   notify, trials, claimed, stats, suppressed, news, clock, by-end, with-rows, guard, resends,
--   running, scheduled, endings, halt, failed-outbox, campaign:<id> and its :counts :errors
--   :timeline :pricing :unknown :ready :open :ledger:<batch> :aside :beyond :chosen :first :trial
--   :again :side :events :seen
local key = P .. 'action:' .. ARG.action
local f = redis.call('HMGET', key, 'state', 'cursor', 'campaign', 'decision', 'runner', 'until')
local is_live = redis.call('ZSCORE', P .. 'actions-live', ARG.action)
if f[1] ~= ACTION_STATE.running then
  if is_live then settle_action(ARG.action) end
  return f[1] and ANSWER.ended or ANSWER.gone
end
local decision = f[4]
local sends = decision == '' or decision == DECISION.resend
if sends and not guard_is_open() then return ANSWER.guarded end
if f[5] and f[5] ~= ARG.runner and num(f[6]) > NOW then return ANSWER.busy end
if f[2] ~= ARG.cursor then return ANSWER.moved end

local c, batch = open_rows(f[3]), num(ARG.batch)
local are_lost = ARG.rows == '' and redis.call('EXISTS', P .. 'action-rows:' .. ARG.action) == 0
if not c or are_lost or sends and c.closed ~= '' then
  local n = redis.call('HMGET', key, 'total', 'done', 'changed', 'suppressed', 'openAttempt')
  local rest = num(n[1]) - num(n[2]) - num(n[3]) - num(n[4]) - num(n[5])
  redis.call('HSET', key, 'failed', rest)
  local why = (not c or are_lost) and ACTION_END.rows_deleted or ACTION_END.campaign_closed
  end_action(ARG.action, ACTION_STATE.finished, why)
  return ANSWER.ended
end

local waits = { lease = num(ARG.lease_ms), wait = 0, window = num(ARG.webhooks_arriving_ms) }
-- What is done with a message: the field that counts it.
local function act(row, attempt, person)
  local r = decode(redis.call('HGET', ledger_key(c, batch), row_field(row)))
  if decision ~= '' then
    if r.state ~= STATE.unknown or r.attempt ~= attempt then return 'changed' end
    decide_row(c, row, r, decision)
    return 'done'
  end
  local is = retry_verdict(c, row, r, { attempt = attempt, person = person }, waits)
  if is == RETRY.suppressed then return 'suppressed' end
  if is == RETRY.open_attempt then return 'openAttempt' end
  if is == RETRY.not_failed then return 'changed' end
  retry_row(c, row, r)
  return 'done'
end

local did = {}
for at = 1, #ARG.rows, RETRY_ROW.bytes do
  add(did, act(struct.unpack(RETRY_ROW.format, ARG.rows, at)), 1)
end
if did.done then
  count_act()
  if sends then reopen_batch(c, batch) end
  commit(c)
end
for field, n in pairs(did) do redis.call('HINCRBY', key, field, n) end
redis.call('HSET', key, 'cursor', ARG.next, 'movedAt', WALL, 'runner', ARG.runner,
  'until', NOW + num(ARG.held_ms))
if num(ARG.next) < redis.call('STRLEN', P .. 'action-rows:' .. ARG.action) then
  return ANSWER.stepped
end
end_action(ARG.action, ACTION_STATE.finished, '')
return ANSWER.ended
