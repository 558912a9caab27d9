-- Cleans up after crashes and silence: ended leases, parked events, resends that are due.
--- @include "status"
--- @include "guard"
-- Atomic because: a lease is checked and its row moved in one step, so a late `record` finds either
-- `sending` or `unknown`. Every worker may run it; a lease that is gone is not found again.
-- KEYS: 1 slot key of the number
-- ARGV: taken_max: most leases, resends and failures, of each · forgotten_max: most parked events ·
--   resend_after_ms: how long an unknown message of an at-least-once campaign waits for evidence ·
--   webhooks_arriving_ms: they count as arriving for this time · claimed_cursor: where the scan of
--   open attempts continues
-- Returns: {rows made unknown, parked events dropped, messages to be sent again, parked failures
--   that were matched, 1 if there may be more leases or failures, where the scan of open attempts
--   continues}
-- Keys built: schema, asking, shares, notices, notices-failed, notify, trials, news, by-end,
--   with-rows, clock, guard, pace, resends, leases, parked, parked-until, parked-for,
--   failures-due, claimed, stats, suppressed, opted-in, opt-out-outbox, undeliverable,
--   failed-outbox, running, scheduled, endings, halt, wamid:<level>:<bucket>, wamid-levels,
--   campaign:<id> and its :counts :errors :timeline :pricing :side :unknown :ready :open
--   :ledger:<batch> :aside :beyond :chosen :first :trial :again :events :seen
local MOST = num(ARG.taken_max)
local SCANNED_AT_ONCE = 100

-- Opens the row of an attempt, lets `act` change it, and writes it if `act` returns true.
local campaigns = {}
local function with_row(id, row, act)
  if id and campaigns[id] == nil then campaigns[id] = open_rows(id) or false end
  local c = id and campaigns[id]
  if not c then return false end
  local key, field = ledger_key(c, batch_of(row)), row_field(row)
  local r = decode(hash_get(key, field))
  if not act(c, r) then return false end
  hash_put(key, field, encode(r))
  return true
end

local unknown = 0
local ended_leases = redis.call('ZRANGEBYSCORE', P .. 'leases', '-inf', NOW, 'LIMIT', 0, MOST)
for _, ref in ipairs(ended_leases) do
  local id, row, attempt, person = string.match(ref, '^(.-)|(%d+)|(%d+)|(.*)$')
  row, attempt = num(row), num(attempt)
  local ended = with_row(id, row, function(c, r)
    if r.attempt ~= attempt or not fire(c, row, r, EVENT.lease_end) then return false end
    r.reason = REASON.lease_ended
    note_history(c, row, HISTORY.unknown, { attempt = attempt, reason = r.reason })
    match_parked(c, row, r, person)
    return true
  end)
  reopen_probe(id, row, attempt)
  unknown = unknown + (ended and 1 or 0)
  redis.call('ZREM', P .. 'leases', ref)
end

-- Failures that have waited in vain for a `sent` of our own message. An attempt that is still on
-- the wire takes up its parked events when it leaves.
local matched = 0
local due = redis.call('ZRANGEBYSCORE', P .. 'failures-due', '-inf', NOW, 'LIMIT', 0, MOST)
if #due > 0 then
  prefetch(P .. 'claimed', due)
  prefetch(P .. 'parked-for', due)
  redis.call('ZREM', P .. 'failures-due', unpack(due))
end
for _, person in ipairs(due) do
  local id, row, attempt = parse_attempt(hash_get(P .. 'claimed', person))
  local fitted = with_row(id, row, function(c, r)
    return r.state ~= STATE.sending and r.attempt == attempt and match_parked(c, row, r, person)
  end)
  matched = matched + (fitted and 1 or 0)
end

-- After this time no event can be matched to the attempt, so it is no longer the open one.
local open = redis.call('HSCAN', P .. 'claimed', num(ARG.claimed_cursor), 'COUNT', SCANNED_AT_ONCE)
for at = 1, #open[2], 2 do
  local _, _, _, claimed_at = parse_attempt(open[2][at + 1])
  if claimed_at + LOST_MS < NOW then
    hash_put(P .. 'claimed', open[2][at], false)
  end
end

-- Silence about a message means something only while webhooks arrive.
local resent = 0
if webhooks_arriving(num(ARG.webhooks_arriving_ms)) and guard_is_open() then
  local before = NOW - num(ARG.resend_after_ms)
  local overdue = redis.call('ZRANGEBYSCORE', P .. 'resends', '-inf', before, 'LIMIT', 0, MOST)
  for _, ref in ipairs(overdue) do
    local id, row = string.match(ref, '^(.-)|(%d+)$')
    row = num(row)
    local again = with_row(id, row, function(c, r)
      if has(r, FLAG.maybe_duplicate) or c.closed ~= '' or r.state ~= STATE.unknown then
        return false
      end
      fire(c, row, r, EVENT.resend)
      note_history(c, row, HISTORY.resent_by_itself, { attempt = r.attempt })
      r.tries = 0
      set(r, FLAG.maybe_duplicate)
      unset(r, FLAG.retried)
      make_ready(c, batch_of(row), NOW)
      return true
    end)
    resent = resent + (again and 1 or 0)
    redis.call('ZREM', P .. 'resends', ref)
  end
end

local forgotten = 0
local expired = redis.call('ZRANGEBYSCORE', P .. 'parked-until', '-inf', NOW, 'LIMIT', 0,
  num(ARG.forgotten_max))
for _, digest in ipairs(expired) do
  forgotten = forgotten + forget_parked(digest)
end
write_back()
for _, c in pairs(campaigns) do
  if c then write_moves(c) end
end
keep_clock()
local more = #ended_leases == MOST or #due == MOST
return { unknown, forgotten, resent, matched, more and 1 or 0, num(open[1]) }
