-- Sends failed messages of one batch again, at a person's request: failed -> pending, once.
--- @include "ledger"
--- @include "guard"
-- Atomic because: the request is fenced by the attempt that failed: pressed twice, or re-run by a
-- queue, it finds another state or attempt and does nothing.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · batch; then for each row: row, attempt
-- Returns: {no_campaign} · {closed, cancelled|expired} · {done, rows that are pending again}
-- Keys built: news, clock, by-end, with-rows, guard, resends, running, scheduled, endings, halt,
--   failed-outbox, campaign:<id> and its :counts :errors :timeline :pricing :unknown :ready :open
--   :ledger:<batch>
local c, batch = open_rows(ARG.campaign), num(ARG.batch)
if not c then return { ANSWER.no_campaign } end
if c.closed ~= '' then return { ANSWER.closed, c.closed } end
local key, taken = ledger_key(c, batch), 0
for at = REST, #ARGV, 2 do
  local row = num(ARGV[at])
  local value = redis.call('HGET', key, row_field(row))
  local r = decode(value)
  if r.attempt == num(ARGV[at + 1]) and fire(c, row, r, 'retry') then
    r.tries = 0
    -- A message that a person resolved as failed, or that was matched by recipient alone, may have
    -- been delivered: evidence still cancels its retry.
    local is_doubtful = has(r, FLAG.decided) or has(r, FLAG.matched)
    set(r, is_doubtful and FLAG.maybe_duplicate or FLAG.retried)
    redis.call('HSET', key, row_field(row), encode(r))
    redis.call('ZREM', P .. 'failed-outbox', attempt_ref(c.id, row, r.attempt))
    taken = taken + 1
  end
end
if taken > 0 then
  count_act()
  make_ready(c, batch, NOW)
  go_on(c)
  commit(c)
end
return { ANSWER.done, taken }
