-- A person's decision on an unknown message: send it again, or call it sent or failed.
--- @include "base"
--- @include "ledger"
--- @include "guard"
-- Atomic because: late evidence may come in the same instant; whoever is first decides, and the
-- other finds a state in which it changes nothing.
-- KEYS: 1 slot key of the number
-- ARGV: 1 campaign  2 row  3 resend | sent | failed  4 reason number of a decision
-- Returns: {-1} no such campaign · {-2} no such row · {0, state} not unknown any more ·
--   {-3, closed} the campaign was closed · {1, state now}
-- Keys built: by-end, with-rows, guard, resends, running, scheduled, endings, halt,
--   failed-outbox, campaign:<id> and its :counts :errors :timeline :pricing :unknown :ready :open
--   :ledger:<batch>
local EVENT = { resend = 'resend', sent = 'decide_sent', failed = 'decide_failed' }
local c, row, decision = open_rows(ARGV[1]), num(ARGV[2]), ARGV[3]
if not c then return { -1 } end
if row < 1 or row > c.rows then return { -2 } end
local key, field = ledger_key(c, batch_of(row)), row_field(row)
local r = decode(redis.call('HGET', key, field))
if not EVENT[decision] then return redis.error_reply('ERR no such decision') end
if r.state ~= STATE.unknown then return { 0, shown(c, r.state) } end
if decision == 'resend' and c.closed ~= '' then return { -3, c.closed } end
count_act()
fire(c, row, r, EVENT[decision])
if decision == 'resend' then
  r.tries = 0
  set(r, FLAG.maybe_duplicate)
  unset(r, FLAG.retried)
  make_ready(c, batch_of(row), NOW)
  go_on(c)
else
  set(r, FLAG.decided)
end
if decision == 'failed' then note_failed(c, row, r, 0, num(ARGV[4]), WALL) end
redis.call('HSET', key, field, encode(r))
flush(c)
return { 1, shown(c, r.state) }
