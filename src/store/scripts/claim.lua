-- Decides every POST: grants rows of one batch to one caller, each with the instant to POST it.
--- @include "base"
--- @include "ledger"
--- @include "busy"
--- @include "pace"
--- @include "guard"
-- Atomic because: the checks, the pace and the write of `sending` must see one state; between them
-- no other worker, pause, cancel, opt-out or hold may come. Only the same nonce is granted again (a
-- resent command); a second run of the same job gets nothing while the first one lives.
-- KEYS: 1 slot key of the number
-- ARGV: 1 campaign  2 batch  3 run  4 nonce (8 bytes)  5 mode  6 configured rate a second
--       7 lease, ms  8 put-off while the person is busy, ms  9 webhooks count as arriving for, ms
--       10 reach, us: no slot later than this from now  11 this worker's reading of the claim
--       counter, '' none  12 a name for this worker  13 the rows, packed: row (4 bytes) and digest of the person (8 bytes) each
--       14 sender: number id and API of this worker, '' when not known  15 how long the API takes to
--       answer, ms  16 how long workers have time to speak after a start of Redis, ms
-- Returns: {0, reason, wait ms} for all rows: rollback, settling, gone, mode, sender, closed, paused, ended, halt, hold,
--   run, cap, probe · or {1, this worker's new reading or '', 1 when the number is at its rate, wait us until the next
--   slot is within reach, what has to wait ('number' | 'campaign' | ''), and for each row two: its
--   attempt and slot in us from now, or 0 and a negative code: -1 not pending, -2 not due yet, -3 no
--   slot yet, -4 opted out, -5 person busy}
-- Keys built: by-end, with-rows, clock, serial, halt, guard, told, resends, pace, leases,
--   claimed, suppressed, stats, running, scheduled, endings, campaign:<id> and its :counts
--   :errors :timeline :pricing :open :side :unknown :ledger:<batch>
local id, batch, nonce = ARGV[1], ARGV[2], ARGV[4]
local lease_ms, busy_ms = num(ARGV[7]), num(ARGV[8])
local HEAD = 5
-- When asking again pays: some answer is there by then, or the probe's.
local CAP_WAIT_MS, PROBE_WAIT_MS = 20, 200

local worker = ARGV[12]
local guard = check_guard(ARGV[11], worker, num(ARGV[16]), 'worker')
local c = open_campaign(id)
if not c then return { 0, guard.stopped or GATE.gone, guard.wait or 0 } end
local ledger = ledger_key(c, batch)
local fields, rows, persons = {}, {}, {}
for at = 1, #ARGV[13], CLAIM_ROW.bytes do
  local row, person = struct.unpack(CLAIM_ROW.format, ARGV[13], at)
  rows[#rows + 1], fields[#fields + 1], persons[#persons + 1] = row, row_field(row), person
end
local values = redis.call('HMGET', ledger, unpack(fields))
local answer, mine = { 1, '', 0, 0, '' }, false
local function tell(i, attempt, slot)
  answer[HEAD + 2 * i - 1], answer[HEAD + 2 * i] = attempt, math.floor(slot)
end

-- The same caller again (its first answer was lost): tell it what it has, before any gate. When its
-- slots were is not known any more, so they are spread anew from now on.
local pace = open_pace(c, num(ARGV[6]), num(ARGV[10]))
for i, value in ipairs(values) do
  local r = value and decode(value)
  local granted = r and r.state == STATE.sending and r.nonce == nonce
  mine = mine or granted
  tell(i, granted and r.attempt or 0, granted and (i - 1) * pace.interval or VERDICT.not_pending)
end
if mine then
  answer[3] = 1
  return answer
end

if guard.stopped then return { 0, guard.stopped, guard.wait } end
local f = redis.call('HMGET', c.key, 'mode', 'endBy', 'sender')
if f[1] ~= ARGV[5] then return { 0, GATE.mode, 0 } end
if ARGV[14] ~= '' and f[3] and f[3] ~= ARGV[14] then return { 0, GATE.sender, 0 } end
if c.closed ~= '' then return { 0, GATE.closed, 0 } end
if c.status ~= 'running' then return { 0, GATE.paused, 0 } end
if num(f[2]) > 0 and num(f[2]) <= WALL then return { 0, GATE.ended, 0 } end
if redis.call('EXISTS', P .. 'halt') == 1 then return { 0, GATE.halt, 0 } end
if pace.hold > NOW then return { 0, GATE.hold, pace.hold - NOW } end
if redis.call('HGET', c.key .. ':open', batch) ~= ARGV[3] then return { 0, GATE.run, 0 } end
local room = on_wire_max(pace.rate, num(ARGV[15])) - redis.call('ZCARD', P .. 'leases')
if room <= 0 then return { 0, GATE.cap, CAP_WAIT_MS } end
local probe = redis.call('HGET', P .. 'pace', 'probing')
if probe and probe ~= 'open' then return { 0, GATE.probe, PROBE_WAIT_MS } end
if probe then room = 1 end

local claimed = redis.call('HMGET', P .. 'claimed', unpack(persons))
local opted_out = {}
if redis.call('EXISTS', P .. 'suppressed') == 1 then
  opted_out = redis.call('HMGET', P .. 'suppressed', unpack(persons))
end

local function busy(i)
  return busy_with(claimed[i], id, rows[i], { lease = lease_ms, wait = busy_ms, window = num(ARGV[9]) })
end

local taken = {}
local function refusal(i, r)
  if r.state ~= STATE.pending then return VERDICT.not_pending end
  if r.times[TIME.due] and unstamp(c, r.times[TIME.due]) > NOW then return VERDICT.not_due end
  if opted_out[i] == 'all' or (opted_out[i] and c.category == 'marketing') then return VERDICT.opted_out end
  if taken[persons[i]] or busy(i) then return VERDICT.person_busy end
  if room <= 0 then return VERDICT.no_slot_yet end
end

-- The wamid of the attempt before, if there was one, belongs to the row's history from now on.
local function put_wamid_away(row, r)
  if r.attempt == 0 then return end
  local old = redis.call('HGET', ledger, wamid_field(row))
  if not old then return end
  redis.call('HSET', c.key .. ':side', row .. ':w' .. r.attempt, old)
  redis.call('HDEL', ledger, wamid_field(row))
end

-- Of an attempt before this one somebody may still tell, and an event without a known wamid could be
-- of either: from now on none is matched to this person (lib/status.lua).
local function contested(i)
  local at = string.match(claimed[i] or '', '^.-|%d+|%d+|(%d+)')
  return at and num(at) + OPEN_MS >= NOW and '|contested' or ''
end

local KEPT_FLAGS = 255 - FLAG.reference - FLAG.matched - FLAG.decided - FLAG.held
local writes, leases, holders = {}, {}, {}
local function grant(i, row, r, slot)
  put_wamid_away(row, r)
  fire(c, row, r, 'claim')
  -- What was noted of the attempt before does not belong to this one.
  if r.flags ~= 0 then r.flags = bit.band(r.flags, KEPT_FLAGS) end
  r.attempt, r.nonce, r.times = r.attempt + 1, nonce, { [TIME.claimed] = stamp(c, WALL) }
  local ref = id .. '|' .. row .. '|' .. r.attempt .. '|'
  leases[#leases + 1] = NOW + lease_ms
  leases[#leases + 1] = ref .. persons[i]
  holders[#holders + 1] = persons[i]
  holders[#holders + 1] = ref .. NOW .. contested(i)
  taken[persons[i]], room = true, room - 1
  if probe then redis.call('HSET', P .. 'pace', 'probing', probe_of(id, row, r.attempt)) end
  tell(i, r.attempt, slot - NOW_US)
end

for i, row in ipairs(rows) do
  -- No slot for one row is no slot for the next.
  if pace.wait > 0 then
    tell(i, 0, VERDICT.no_slot_yet)
  else
    local r = decode(values[i])
    local no = refusal(i, r)
    local slot = not no and next_slot(pace)
    if slot then grant(i, row, r, slot) else tell(i, 0, no or VERDICT.no_slot_yet) end
    if no == VERDICT.opted_out then fire(c, row, r, 'suppress') end
    if no == VERDICT.person_busy then r.times[TIME.due] = stamp(c, NOW + (busy(i) or ON_WIRE_WAIT_MS)) end
    if slot or no == VERDICT.opted_out or no == VERDICT.person_busy then
      writes[#writes + 1] = fields[i]
      writes[#writes + 1] = encode(r)
    end
  end
end
if #writes > 0 then redis.call('HSET', ledger, unpack(writes)) end
if #leases > 0 then
  redis.call('ZADD', P .. 'leases', unpack(leases))
  redis.call('HSET', P .. 'claimed', unpack(holders))
end
close_pace(pace)
keep_clock()
flush(c)
answer[2] = count_claims(guard, worker, #holders / 2)
answer[3], answer[4], answer[5] = pace.at_rate and 1 or 0, math.floor(pace.wait), pace.waits
return answer
