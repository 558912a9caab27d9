-- A person's decision on an unknown message: send it again, or call it sent or failed.
--- @include "decide"
--- @include "guard"
-- Atomic because: late evidence may arrive at the same moment; the first one decides, and the other
-- finds a state in which it changes nothing.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · row · decision: resend | sent | failed
-- Returns: {no_campaign} · {no_row} · {unchanged, state}: no longer unknown · {closed,
--   cancelled|expired}: the campaign was closed · {guarded}: to be sent again, and Redis may have
--   gone back in time · {done, state now}
-- Keys built: schema, asking, shares, notices, notices-failed, notify, stats, trials, news,
--   clock, by-end, with-rows, guard, resends, running, scheduled, endings, halt, failed-outbox,
--   campaign:<id> and its :counts :errors :timeline :pricing :unknown :ready :open
--   :ledger:<batch> :aside :beyond :chosen :first :trial :again :side :events :seen
local c, row, decision = open_rows(ARG.campaign), num(ARG.row), ARG.decision
if not c then return { ANSWER.no_campaign } end
if row < 1 or row > c.rows then return { ANSWER.no_row } end
local r = decode(redis.call('HGET', ledger_key(c, batch_of(row)), row_field(row)))
if not EVENT_OF[decision] then return redis.error_reply('ERR no such decision') end
if r.state ~= STATE.unknown then return { ANSWER.unchanged, shown(c, r.state) } end
if decision == DECISION.resend and c.closed ~= '' then return { ANSWER.closed, c.closed } end
if decision == DECISION.resend and not guard_is_open() then return { ANSWER.guarded } end
count_act()
decide_row(c, row, r, decision)
if decision == DECISION.resend then reopen_batch(c, batch_of(row)) end
commit(c)
return { ANSWER.done, shown(c, r.state) }
