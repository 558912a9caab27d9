-- Records the outcomes of attempts. Idempotent: a repeated report changes nothing.
--- @include "outcome"
--- @include "guard"
-- Atomic because: the move, the counters, the wamid index, parked events and the effects on the
-- number (backoff, suspension, pause) belong together. Fenced by the attempt: a repeated or late
-- record of an earlier attempt changes nothing. An attempt of 0 means that the claim's answer never
-- arrived; the row is then released if it was granted to this nonce. A recorded attempt that Redis
-- does not know yet shows that Redis went back in time; the row takes it up.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · rows: RECORD_ROW of protocol.ts each, and the wamid as stored behind it ·
--   tries_max: of a message that was not sent · unknown_budget: so many unknown ones within its
--   window pause a campaign · unknown_budget_window_ms
-- Returns: for each row its state number now, then 1 when the campaign or number was stopped
-- Keys built: schema, backoffs, asking, shares, notices, notices-failed, notify, trials, news,
--   clock, stats, by-end, with-rows, serial, guard, resends, leases, claimed, pace, halt,
--   running, scheduled, endings, suppressed, opted-in, opt-out-outbox, undeliverable,
--   failed-outbox, parked, parked-until, parked-for, wamid:<level>:<bucket>, wamid-levels,
--   campaign:<id> and its :counts :errors :timeline :pricing :side :unknown :ready :open
--   :ledger:<batch> :aside :beyond :chosen :first :trial :again :events :seen
local c = open_rows(ARG.campaign)
if not c then return { 0 } end
local LIMITS = {
  tries = num(ARG.tries_max), unknown = num(ARG.unknown_budget),
  unknown_window = num(ARG.unknown_budget_window_ms),
}

-- The outcome at position `from` of `ARG.rows`, and where the next one begins.
local function read_outcome(from)
  local row, attempt, nonce, outcome, code, reason, http, wait, jitter, digest, person, marks,
    bytes, at = struct.unpack(RECORD_ROW.format, ARG.rows, from)
  local batch = batch_of(row)
  return {
    row = row, attempt = attempt, nonce = nonce, outcome = outcome, code = code, reason = reason,
    http = http, wait = wait, jitter = jitter / JITTER_MAX, person = person, marks = marks,
    digest = bit.band(marks, MARK.id) ~= 0 and digest or '',
    stored = string.sub(ARG.rows, at, at + bytes - 1),
    batch = batch, ledger = ledger_key(c, batch), field = row_field(row),
  }, at + bytes
end

-- Reads all outcomes, and with a few calls every value that they need.
local function read_outcomes()
  local outcomes, digests, persons, fields, at, o = {}, {}, {}, {}, 1, nil
  while at <= #ARG.rows do
    o, at = read_outcome(at)
    outcomes[#outcomes + 1], persons[#persons + 1] = o, o.person
    if o.digest ~= '' then digests[#digests + 1] = o.digest end
    local wanted = fields[o.ledger] or {}
    fields[o.ledger] = wanted
    wanted[#wanted + 1] = o.field
  end
  for ledger, wanted in pairs(fields) do prefetch(ledger, wanted) end
  prefetch(CLAIMED, persons)
  prefetch(PARKED_FOR, persons)
  if #digests > 0 then prefetch(PARKED, digests) end
  return outcomes
end

-- Redis lost the claim of this attempt, but its message was sent: repeats the claim.
local function adopt(r, o)
  -- For a row in doubt the loss is already known, and may already be accepted.
  if r.state ~= STATE.unknown or r.reason ~= REASON.rollback then
    local count = num(redis.call('HGET', GUARD, 'count'))
    note_rollback({ count = count + 1, serial = 0 }, 1, 0)
  end
  if r.state == STATE.failed then fire(c, o.row, r, EVENT.retry) end
  if r.state == STATE.unknown then fire(c, o.row, r, EVENT.resend) end
  if not fire(c, o.row, r, EVENT.claim) then return end
  put_wamid_away(c, o.row, r)
  note_attempt(c, o.row, r)
  r.attempt, r.nonce, r.times = o.attempt, o.nonce, { [TIME.claimed] = stamp(c, WALL) }
  if o.person ~= '' and not hash_get(CLAIMED, o.person) then
    hash_put(CLAIMED, o.person, attempt_ref(c.id, o.row, r.attempt) .. '|' .. NOW)
  end
end

local leases, stopped, answered = {}, false, false

-- Records one outcome; returns the state of its row now.
local function record(o)
  local r = decode(hash_get(o.ledger, o.field))
  local is_out = r.state == STATE.sending or r.state == STATE.unknown
  if o.attempt == 0 and is_out and r.nonce == o.nonce then o.attempt = r.attempt end
  if o.attempt > r.attempt then adopt(r, o) end
  if o.attempt == 0 or o.attempt > r.attempt then return r.state end
  leases[#leases + 1] = attempt_ref(c.id, o.row, o.attempt) .. '|' .. o.person
  if stop_by(c, o, r) then stopped = true end
  -- A row on the wire has no wamid yet: the claim moved the previous one to the history.
  if r.state == STATE.sending then hash_absent(o.ledger, wamid_field(o.row)) end
  answered = answered or (o.outcome ~= OUTCOME.retry and o.outcome ~= OUTCOME.wait)
  apply_outcome(c, r, o, LIMITS)
  hash_put(o.ledger, o.field, encode(r))
  return r.state
end

local outcomes, status, answer = read_outcomes(), c.status, {}
-- With full memory Redis refuses a script whose first write may need more, but lets a script that
-- has begun to write finish. An answer must be kept, so begin with a write that frees memory.
redis.call('ZREM', P .. 'leases', '')
for i, o in ipairs(outcomes) do answer[i] = shown(c, record(o)) end
if answered then redis.call('HDEL', P .. 'pace', 'unreached') end
note_quiet()
if #leases > 0 then redis.call('ZREM', P .. 'leases', unpack(leases)) end
if c.accepted > 0 then open_recent(c) end
if c.status ~= status then stopped = true end
commit(c)
answer[#answer + 1] = stopped and 1 or 0
return answer
