--- @include "busy"
-- What people decide about messages that failed, or whose outcome is unknown.

local function is_suppressed(c, person)
  local scope = redis.call('HGET', P .. 'suppressed', person)
  return scope == SCOPE.all or (scope and c.category == CATEGORY.marketing)
end

-- RETRY of protocol.ts for a message that failed with this attempt. `waits` as of busy_with.
local function retry_verdict(c, row, r, asked, waits)
  if r.state ~= STATE.failed or r.attempt ~= asked.attempt then return RETRY.not_failed end
  if is_suppressed(c, asked.person) then return RETRY.suppressed end
  local held_by = redis.call('HGET', P .. 'claimed', asked.person)
  return busy_with(held_by, c.id, row, waits) and RETRY.open_attempt or RETRY.taken
end

-- Sends a failed message again.
local function retry_row(c, row, r)
  fire(c, row, r, EVENT.retry)
  note_history(c, row, HISTORY.retried, { attempt = r.attempt })
  r.tries = 0
  -- A message that a person resolved as failed, or that was matched by recipient alone, may have
  -- been delivered: evidence still cancels its retry.
  local is_doubtful = has(r, FLAG.decided) or has(r, FLAG.matched)
  set(r, is_doubtful and FLAG.maybe_duplicate or FLAG.retried)
  redis.call('HSET', ledger_key(c, batch_of(row)), row_field(row), encode(r))
  redis.call('ZREM', P .. 'failed-outbox', attempt_ref(c.id, row, r.attempt))
end

-- Decides about an unknown message.
local EVENT_OF = {
  [DECISION.resend] = EVENT.resend, [DECISION.sent] = EVENT.decide_sent,
  [DECISION.failed] = EVENT.decide_failed,
}
local NOTED = {
  [DECISION.resend] = HISTORY.resent, [DECISION.sent] = HISTORY.decided_sent,
  [DECISION.failed] = HISTORY.decided_failed,
}
local function decide_row(c, row, r, decision)
  fire(c, row, r, EVENT_OF[decision])
  note_history(c, row, NOTED[decision], { attempt = r.attempt })
  if decision == DECISION.resend then
    r.tries = 0
    set(r, FLAG.maybe_duplicate)
    unset(r, FLAG.retried)
  else
    set(r, FLAG.decided)
  end
  if decision == DECISION.failed then note_failed(c, row, r, 0, REASON.decided, WALL) end
  redis.call('HSET', ledger_key(c, batch_of(row)), row_field(row), encode(r))
end

-- Messages of a batch are pending again by a person's decision: they go out even if the campaign
-- has ended meanwhile.
local function reopen_batch(c, batch)
  make_ready(c, batch, NOW)
  go_on(c)
end
