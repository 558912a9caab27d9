-- Decides every POST: grants rows of one batch to one caller, each with its send time.
--- @include "busy"
--- @include "pace"
--- @include "guard"
-- Atomic because: the checks, the pace and the write of `sending` must see one state, with no other
-- worker, pause, cancel, opt-out or backoff in between. Only the same nonce is granted again (a
-- resent command); a second run of the same job gets nothing while the first one lives.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · batch · run · nonce (8 bytes) · rows: CLAIM_ROW of protocol.ts each · mode ·
--   sender: number id and API of this worker, '' when not known · rate_per_second: as configured
--   · reach_us: no slot later than this from now · answer_ms: how long the API takes · lease_ms ·
--   person_busy_ms: put-off while the person is busy · webhooks_arriving_ms: they count as
--   arriving for this time · reading: this worker's of the claim counter, '' none · process: a name
--   for this worker · settle_ms: how long workers have to report after a start of Redis
--   · openings: ROW_OPENING each, of a campaign that has a window · portfolio: what
--   was counted before (budget/claim-count.ts), '' nothing
-- Returns: {0, gate, wait ms}: none is granted (GATE of protocol.ts) · or {1, this worker's new
--   reading or '', 1 when the number is at its rate, wait us until the next slot is within reach,
--   what has to wait ('number' | 'campaign' | ''), and for each row two: its attempt and slot in us
--   from now, or 0 and why not (VERDICT of protocol.ts)}
-- Keys built: schema, notices, notify, asking, shares, trials, news, by-end, with-rows, clock,
--   serial, halt, guard, told, resends, pace, leases, claimed, suppressed, stats, running,
--   scheduled, endings, campaign:<id> and its :counts :errors :timeline :pricing :open :side
--   :unknown :ledger:<batch> :aside :beyond :chosen :first :ready :trial :again :events :seen
--   :sends
local id, batch, nonce, worker = ARG.campaign, ARG.batch, ARG.nonce, ARG.process
local LEASE_MS = num(ARG.lease_ms)
local WAITS = {
  lease = LEASE_MS, wait = num(ARG.person_busy_ms), window = num(ARG.webhooks_arriving_ms),
}
-- By then an answer (or the probe's answer) has probably arrived.
local CAP_WAIT_MS, PROBE_WAIT_MS, BUDGET_WAIT_MS = 20, 200, 1000

local guard = check_guard(ARG.reading, worker, num(ARG.settle_ms), 'worker')
local c = open_campaign(id)
if not c then return { 0, guard.stopped or GATE.gone, guard.wait or 0 } end
local ledger = ledger_key(c, batch)
local pace = open_pace(c, num(ARG.rate_per_second), num(ARG.reach_us))

local rows, fields, persons = {}, {}, {}
for at = 1, #ARG.rows, CLAIM_ROW.bytes do
  local row, person = struct.unpack(CLAIM_ROW.format, ARG.rows, at)
  rows[#rows + 1], fields[#fields + 1], persons[#persons + 1] = row, row_field(row), person
end
local values = redis.call('HMGET', ledger, unpack(fields))

local HEAD = 6
local answer = { 1, '', 0, 0, '', WALL_US }
local function answer_row(i, attempt, slot)
  answer[HEAD + 2 * i - 1], answer[HEAD + 2 * i] = attempt, math.floor(slot)
end

-- The same caller again, whose first answer was lost: returns its rows before any gate. Their send
-- times are no longer known, so they are spread again from now on.
local function repeat_answer()
  local mine = {}
  for i, value in ipairs(values) do
    local r = state_in(value) == STATE.sending and decode(value)
    if r and r.nonce == nonce then mine[i] = r.attempt end
  end
  local first = next(mine)
  if not first then return false end
  -- As it is: waiting for replicas proves only what this connection has written.
  redis.call('HSET', ledger, fields[first], values[first])
  for i = 1, #values do
    answer_row(i, mine[i] or 0, mine[i] and (i - 1) * pace.interval or VERDICT.not_pending)
  end
  -- The lost answer had the reading that counts these claims: without it nothing would remember
  -- them outside Redis, and their messages are sent now.
  if not guard.stopped then answer[2] = new_reading_of(worker, guard.count, guard.acts) end
  answer[3] = 1
  return true
end

-- After a suspension is lifted, one message of the number goes first.
local probe = redis.call('HGET', P .. 'pace', 'probing')
local room = on_wire_max(pace.rate, num(ARG.answer_ms)) - redis.call('ZCARD', P .. 'leases')

-- The gate that stops the claim, and how long to wait (ms); nil if rows may be granted.
local function gate()
  if guard.stopped then return guard.stopped, guard.wait end
  local f = redis.call('HMGET', c.key, 'mode', 'endBy', 'sender')
  if f[1] ~= ARG.mode then return GATE.mode, 0 end
  if ARG.sender ~= '' and f[3] and f[3] ~= ARG.sender then return GATE.sender, 0 end
  if c.closed ~= '' then return GATE.closed, 0 end
  if c.status ~= STATUS.running then return GATE.paused, 0 end
  if num(f[2]) > 0 and num(f[2]) <= WALL then return GATE.ended, 0 end
  if redis.call('EXISTS', P .. 'halt') == 1 then return GATE.suspended, 0 end
  -- Another worker of this number counts people or caps, so one that does not may not send.
  if pace.portfolio ~= '' and pace.portfolio ~= ARG.portfolio then
    return GATE.budget, BUDGET_WAIT_MS
  end
  if pace.hold > NOW then return GATE.backoff, pace.hold - NOW end
  if redis.call('HGET', c.key .. ':open', batch) ~= ARG.run then return GATE.run, 0 end
  if room <= 0 then return GATE.cap, CAP_WAIT_MS end
  if probe and probe ~= 'open' then return GATE.probe, PROBE_WAIT_MS end
end

if repeat_answer() then return answer end
local closed, wait_ms = gate()
if closed then return { 0, closed, wait_ms } end
if probe then room = 1 end

local claimed, opted_out = redis.call('HMGET', P .. 'claimed', unpack(persons)), {}
if redis.call('EXISTS', P .. 'suppressed') == 1 then
  opted_out = redis.call('HMGET', P .. 'suppressed', unpack(persons))
end

local function busy(i) return busy_with(claimed[i], id, rows[i], WAITS) end

-- In a campaign with a window only rows whose opening the caller names may leave.
local has_window = (redis.call('HGET', c.key, 'window') or '') ~= ''
local opens, closes = {}, {}
for at = 1, #ARG.openings, ROW_OPENING.bytes do
  local row, from, to = struct.unpack(ROW_OPENING.format, ARG.openings, at)
  opens[row], closes[row] = from * SECOND_MS, to * SECOND_MS
end
local function is_open(row)
  return not has_window or (opens[row] and opens[row] <= WALL and WALL < closes[row])
end

local taken = {}
local function refusal(i, r)
  if r.state ~= STATE.pending then return VERDICT.not_pending end
  if not may_go(c, rows[i], r) then return VERDICT.not_in_trial end
  if r.times[TIME.due] and unstamp(c, r.times[TIME.due]) > NOW then return VERDICT.not_due end
  if not is_open(rows[i]) then return VERDICT.not_open end
  if opted_out[i] == SCOPE.all or (opted_out[i] and c.category == CATEGORY.marketing) then
    return VERDICT.opted_out
  end
  if taken[persons[i]] or busy(i) then return VERDICT.person_busy end
  if room <= 0 then return VERDICT.no_slot_yet end
end

-- Moves the wamid of the previous attempt, if any, to the row's history.
local function put_wamid_away(row, r)
  if r.attempt == 0 then return end
  local old = redis.call('HGET', ledger, wamid_field(row))
  if not old then return end
  redis.call('HSET', c.key .. ':side', row .. ':w' .. r.attempt, old)
  redis.call('HDEL', ledger, wamid_field(row))
end

-- A status event may still arrive for an earlier attempt to this person. Without a known wamid it
-- could belong to either, so events are no longer matched by recipient (lib/status.lua).
local function contested(i)
  local at = claimed[i] and string.match(claimed[i], '^.-|%d+|%d+|(%d+)')
  return at and num(at) + OPEN_MS >= NOW and '|contested' or ''
end

local DROPPED_FLAGS = FLAG.reference + FLAG.matched + FLAG.decided + FLAG.held
-- As text: numbers are written out once, not for each row.
local EXPIRES, SINCE = text(NOW + LEASE_MS), '|' .. NOW
local leases, holders = {}, {}
local function grant(i, row, r, slot)
  put_wamid_away(row, r)
  if r.attempt > 0 then note_attempt(c, row, r) end
  fire(c, row, r, EVENT.claim)
  -- Flags of the previous attempt do not apply to this one.
  if r.flags ~= 0 then r.flags = bit.band(r.flags, bit.bnot(DROPPED_FLAGS)) end
  r.attempt, r.nonce, r.times = r.attempt + 1, nonce, { [TIME.claimed] = stamp(c, WALL) }
  local ref = attempt_ref(id, row, r.attempt)
  leases[#leases + 1] = EXPIRES
  leases[#leases + 1] = ref .. '|' .. persons[i]
  holders[#holders + 1] = persons[i]
  holders[#holders + 1] = ref .. SINCE .. contested(i)
  taken[persons[i]], room = true, room - 1
  if probe then redis.call('HSET', P .. 'pace', 'probing', ref) end
  answer_row(i, r.attempt, slot - NOW_US)
end

-- Grants the row, or answers why not; a row whose person opted out or is busy is changed too.
local writes = {}
local function decide(i, row)
  local r = decode(values[i])
  local no = refusal(i, r)
  local slot = not no and next_slot(pace)
  if slot then grant(i, row, r, slot) else answer_row(i, 0, no or VERDICT.no_slot_yet) end
  if no == VERDICT.opted_out then fire(c, row, r, EVENT.suppress) end
  if no == VERDICT.person_busy then
    r.times[TIME.due] = stamp(c, NOW + (busy(i) or ON_WIRE_WAIT_MS))
  end
  if slot or no == VERDICT.opted_out or no == VERDICT.person_busy then
    writes[#writes + 1] = fields[i]
    writes[#writes + 1] = encode(r)
  end
end

for i, row in ipairs(rows) do
  -- If one row has no send time yet, the next rows have none either.
  if pace.wait > 0 then answer_row(i, 0, VERDICT.no_slot_yet) else decide(i, row) end
end
if #writes > 0 then redis.call('HSET', ledger, unpack(writes)) end
if #leases > 0 then
  redis.call('ZADD', P .. 'leases', unpack(leases))
  redis.call('HSET', P .. 'claimed', unpack(holders))
end
close_pace(pace)
keep_clock()
commit(c)
answer[2] = count_claims(guard, worker, #holders / 2)
answer[3], answer[4], answer[5] = pace.at_rate and 1 or 0, math.floor(pace.wait), pace.waits
return answer
