--- @include "moves"
--- @include "history"
-- The ledger value of a row, and its moves. protocol.ts describes the layout: a long form, and a
-- short one.

-- Which times a stored value has, and where the first of them is.
local function times_in(value)
  local first = string.byte(value)
  if first >= SHORT_LEDGER then return first - SHORT_LEDGER, SHORT_HEADER.bytes + 1 end
  return string.byte(value, LEDGER_HEADER.at_times), LEDGER_HEADER.bytes + 1
end

local function decode(value)
  if not value then
    return { state = STATE.pending, flags = 0, attempt = 0, tries = 0, code = 0, reason = 0,
      price = 0, times = {} }
  end
  local state, flags, attempt, tries, code, reason, price, _
  local mask, at = times_in(value)
  if at <= SHORT_HEADER.bytes + 1 then
    _, state, flags, price = string.byte(value, 1, SHORT_HEADER.bytes)
    attempt, tries, code, reason = 1, 0, 0, 0
  else
    _, state, flags, attempt, tries, code, reason, price =
      struct.unpack(LEDGER_HEADER.format, value)
  end
  local times, i = {}, 1
  while mask > 0 do
    if mask % 2 == 1 then
      times[i] = struct.unpack(LEDGER_TIME.format, value, at)
      at, mask = at + LEDGER_TIME.bytes, mask - 1
    end
    mask, i = mask / 2, i + 1
  end
  return { state = state, flags = flags, attempt = attempt, tries = tries, code = code,
    reason = reason, price = price, times = times, nonce = string.sub(value, at) }
end

local function encode(r)
  local mask, bit_of, tail = 0, 1, ''
  for i = 1, LEDGER_TIMES do
    local at = r.times[i]
    if at then mask, tail = mask + bit_of, tail .. struct.pack(LEDGER_TIME.format, at) end
    bit_of = bit_of * 2
  end
  -- Unknown as well: a worker that never got the claim's answer may still report "not sent".
  if r.state == STATE.sending or r.state == STATE.unknown then tail = tail .. (r.nonce or '') end
  if r.attempt == 1 and r.tries == 0 and r.code == 0 and r.reason == 0 and writes_short() then
    return string.char(SHORT_LEDGER + mask, r.state, r.flags, r.price) .. tail
  end
  return struct.pack(LEDGER_HEADER.format, LEDGER_VERSION, r.state, r.flags, r.attempt, r.tries,
    r.code, r.reason, r.price, mask) .. tail
end

-- The state in a stored value, without decoding the rest.
local function state_in(value)
  return value and string.byte(value, LEDGER_HEADER.at_state) or STATE.pending
end

-- The campaign whose rows are to be moved; nil if retention deleted them.
local function open_rows(id)
  local c = open_campaign(id)
  return c and not c.purged and c or nil
end

local function has(r, flag) return bit.band(r.flags, flag) ~= 0 end
local function set(r, flag) r.flags = bit.bor(r.flags, flag) end
local function unset(r, flag) if has(r, flag) then r.flags = r.flags - flag end end

-- Made once for all rows of a batch.
local ledger_keys = {}
local function ledger_key(c, batch)
  local own = ledger_keys[c.key] or {}
  ledger_keys[c.key] = own
  own[batch] = own[batch] or c.key .. ':ledger:' .. batch
  return own[batch]
end
local function batch_of(row) return math.floor((row - 1) / BATCH_ROWS) end
local function row_field(row) return string.format('%d', (row - 1) % BATCH_ROWS) end
local wamid_fields = {}
local function wamid_field(row)
  local place = (row - 1) % BATCH_ROWS
  wamid_fields[place] = wamid_fields[place] or string.format('%d', BATCH_ROWS + place)
  return wamid_fields[place]
end

-- Notes since when the row is unknown. For an at-least-once campaign the sweep sends the message
-- again, but only once.
local function note_unknown(c, row, r)
  redis.call('ZADD', c.key .. ':unknown', WALL, row)
  if c.guarantee == GUARANTEE.at_least_once and not has(r, FLAG.maybe_duplicate) then
    redis.call('ZADD', P .. 'resends', NOW, c.id .. '|' .. row)
  end
end

-- A failed row is counted by its code, or without one by the negative number of its reason.
local function error_field(r) return r.code ~= 0 and r.code or 0 - r.reason end

local EVIDENCE = {
  [EVENT.accept] = true, [EVENT.refuse] = true, [EVENT.release] = true,
  [EVENT.status_sent] = true, [EVENT.status_delivered] = true, [EVENT.status_read] = true,
  [EVENT.status_failed] = true,
}

-- The state to which `event` takes `r`, or nil. Evidence overrules a person's decision.
local function next_state(r, event)
  local moves, overrules = NEXT[r.state], OVERRULES[r.state]
  return moves and moves[event] or has(r, FLAG.decided) and overrules and overrules[event] or nil
end

-- The rows that wait for further try `nth` after `code` (lib/again.lua), by when they are due.
local function again_key(c, code, nth) return c.key .. ':again:' .. code .. ':' .. nth end

local function forget_again(c, row, r)
  if r.code == 0 then return end
  local nth = redis.call('HGET', c.key .. ':side', row .. ':again')
  if nth then redis.call('ZREM', again_key(c, r.code, nth), row) end
  r.code = 0
end

-- Moves `r` by `event`, with its counters; false if the event changes nothing.
local function fire(c, row, r, event)
  local to = next_state(r, event)
  if not to then return false end
  if EVIDENCE[event] then unset(r, FLAG.decided) end
  -- A rollback may have lost an attempt.
  if event == EVENT.claim or event == EVENT.rollback then c.attempts = c.attempts + 1 end
  count_move(c, r.state, to)
  move_in_trials(c, row, r, to)
  if r.state == STATE.failed then
    add(c.errors, error_field(r), -1)
    note_history(c, row, HISTORY.failed, { at = r.times[TIME.failed], attempt = r.attempt,
      code = r.code, reason = r.reason })
    r.code, r.reason, r.times[TIME.failed] = 0, 0, nil
  end
  if r.state == STATE.unknown then
    r.code, r.reason = 0, 0
    redis.call('ZREM', c.key .. ':unknown', row)
  end
  if r.state == STATE.pending then
    forget_again(c, row, r)
    r.reason, r.times[TIME.due] = 0, nil
  end
  r.state = to
  if to == STATE.unknown then note_unknown(c, row, r) end
  return true
end

-- An outbox for webhooks out, as NOTICES (base.lua), for endpoints that want failed messages.
local FAILED_NOTICES_MAX = 100000
local failed_wanted
local function note_failed_notice(c, row, r)
  if failed_wanted == nil then failed_wanted = redis.call('GET', P .. 'notify') == 'all' end
  if not failed_wanted or c.is_test then return end
  local key = P .. 'notices-failed'
  if redis.call('XLEN', key) >= FAILED_NOTICES_MAX then
    redis.call('HINCRBY', P .. 'stats', 'noticesDropped', 1)
  end
  redis.call('XADD', key, 'MAXLEN', '=', FAILED_NOTICES_MAX, '*', 'line',
    c.id .. '|' .. row .. '|' .. WALL .. '|' .. r.code .. '|' .. r.reason)
end

-- Call it after `fire` moved the row to failed: counts the cause and requests the failed job.
local function note_failed(c, row, r, code, reason, at)
  r.code, r.reason, r.times[TIME.failed] = code, reason, stamp(c, at)
  add(c.errors, error_field(r), 1)
  if c.is_test then return end
  redis.call('ZADD', P .. 'failed-outbox', NOW, attempt_ref(c.id, row, r.attempt))
  note_failed_notice(c, row, r)
end
