-- Sends failed messages of one batch again, or says which it would: failed -> pending, once.
--- @include "busy"
--- @include "guard"
-- Atomic because: the request is fenced by the attempt that failed: pressed twice, or re-run by a
-- queue, it finds another state or attempt and does nothing. Whom it leaves out is decided by the
-- same lines whether it only counts or acts.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · batch · act: 'send', or 'count' to change nothing · rows: RETRY_ROW of
--   protocol.ts each · lease_ms · webhooks_arriving_ms: they count as arriving for this time
-- Returns: {no_campaign} · {closed, cancelled|expired} · {done, and RETRY of protocol.ts for each
--   row}
-- Keys built: asking, shares, notices, notify, trials, claimed, stats, suppressed, news, clock,
--   by-end, with-rows, guard, resends, running, scheduled, endings, halt, failed-outbox,
--   campaign:<id> and its :counts :errors :timeline :pricing :unknown :ready :open
--   :ledger:<batch> :aside :beyond :chosen :first :trial :again :side
local c, batch = open_rows(ARG.campaign), num(ARG.batch)
if not c then return { ANSWER.no_campaign } end
if c.closed ~= '' then return { ANSWER.closed, c.closed } end
local WAITS = { lease = num(ARG.lease_ms), wait = 0, window = num(ARG.webhooks_arriving_ms) }
local key = ledger_key(c, batch)

local function is_suppressed(person)
  local scope = redis.call('HGET', P .. 'suppressed', person)
  return scope == 'all' or (scope and c.category == 'marketing')
end

local function verdict(row, r, attempt, person)
  if r.state ~= STATE.failed or r.attempt ~= attempt then return RETRY.not_failed end
  if is_suppressed(person) then return RETRY.suppressed end
  local held_by = redis.call('HGET', P .. 'claimed', person)
  return busy_with(held_by, c.id, row, WAITS) and RETRY.open_attempt or RETRY.taken
end

local function send_again(row, r)
  fire(c, row, r, 'retry')
  r.tries = 0
  -- A message that a person resolved as failed, or that was matched by recipient alone, may have
  -- been delivered: evidence still cancels its retry.
  local is_doubtful = has(r, FLAG.decided) or has(r, FLAG.matched)
  set(r, is_doubtful and FLAG.maybe_duplicate or FLAG.retried)
  redis.call('HSET', key, row_field(row), encode(r))
  redis.call('ZREM', P .. 'failed-outbox', attempt_ref(c.id, row, r.attempt))
end

local answer, taken = { ANSWER.done }, 0
for at = 1, #ARG.rows, RETRY_ROW.bytes do
  local row, attempt, person = struct.unpack(RETRY_ROW.format, ARG.rows, at)
  local r = decode(redis.call('HGET', key, row_field(row)))
  local is = verdict(row, r, attempt, person)
  answer[#answer + 1] = is
  if is == RETRY.taken and ARG.act == 'send' then
    send_again(row, r)
    taken = taken + 1
  end
end
if taken > 0 then
  count_act()
  make_ready(c, batch, NOW)
  go_on(c)
  commit(c)
end
return answer
