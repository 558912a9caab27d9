-- Sends failed messages of one batch again, or says which it would: failed -> pending, once.
--- @include "decide"
--- @include "guard"
-- Atomic because: the request is fenced by the attempt that failed: pressed twice, or re-run by a
-- queue, it finds another state or attempt and does nothing. Whom it leaves out is decided by the
-- same lines whether it only counts or acts.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · batch · act: 'send', or 'count' to change nothing · rows: RETRY_ROW of
--   protocol.ts each · lease_ms · webhooks_arriving_ms: they count as arriving for this time
-- Returns: {no_campaign} · {closed, cancelled|expired} · {guarded}: Redis may have gone back in
--   time · {done, and RETRY of protocol.ts for each row}
-- Keys built: schema, asking, shares, notices, notify, trials, claimed, stats, suppressed, news,
--   clock, by-end, with-rows, guard, resends, running, scheduled, endings, halt, failed-outbox,
--   campaign:<id> and its :counts :errors :timeline :pricing :unknown :ready :open
--   :ledger:<batch> :aside :beyond :chosen :first :trial :again :side :events :seen
local c, batch = open_rows(ARG.campaign), num(ARG.batch)
if not c then return { ANSWER.no_campaign } end
if c.closed ~= '' then return { ANSWER.closed, c.closed } end
if ARG.act == 'send' and not guard_is_open() then return { ANSWER.guarded } end
local waits = { lease = num(ARG.lease_ms), wait = 0, window = num(ARG.webhooks_arriving_ms) }

local answer, taken = { ANSWER.done }, 0
for at = 1, #ARG.rows, RETRY_ROW.bytes do
  local row, attempt, person = struct.unpack(RETRY_ROW.format, ARG.rows, at)
  local r = decode(redis.call('HGET', ledger_key(c, batch), row_field(row)))
  local is = retry_verdict(c, row, r, { attempt = attempt, person = person }, waits)
  answer[#answer + 1] = is
  if is == RETRY.taken and ARG.act == 'send' then
    retry_row(c, row, r)
    taken = taken + 1
  end
end
if taken > 0 then
  count_act()
  reopen_batch(c, batch)
  commit(c)
end
return answer
