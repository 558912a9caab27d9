-- Stores some batches of an import with their counters; with no batches, only renews the lease.
-- Batches beyond the first N rows that may go are set aside (lib/trial.lua).
--- @include "people"
-- Atomic because: rows, counters and the position of the import move together, so a chunk that is
-- sent twice is stored once. Nothing is sent from an `importing` campaign.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · token · lease_ms · first_batch · people: PEOPLE_PART of protocol.ts each, and
--   its rows behind it; then for each: blob: the rows of a batch · rows: how many · others:
--   IMPORTED_ROW of those that are not pending
-- Returns: 1 stored (now or before), 0 lost: another importer took over, or it was cancelled
-- Keys built: clock, campaign:<id> and its :counts :ready :batch:<batch> :ledger:<batch> :first
--   :beyond :people:<segment>
local key = P .. 'campaign:' .. ARG.campaign
local f = redis.call('HMGET', key, 'status', 'importer', 'stored', 'startAt', 'rows', 'first')
if f[1] ~= STATUS.importing or f[2] ~= ARG.token then return 0 end
local first, batches = num(ARG.first_batch), (#ARGV - REST + 1) / STEP
redis.call('HSET', key, 'importLease', NOW + num(ARG.lease_ms))
if batches == 0 or num(f[3]) >= first + batches then return 1 end
if num(f[3]) ~= first then return redis.error_reply('ERR chunk does not follow the last one') end

-- The row of the n-th pending one of a batch. `ended`: the places of rows that are not pending.
local function pending_row(batch, rows, ended, n)
  for place = 0, rows - 1 do
    if not ended[place] then n = n - 1 end
    if n == 0 then return batch * BATCH_ROWS + place + 1 end
  end
end

-- Adds the people to the index, those of one bucket at a time. With a hash's first batch in this
-- chunk, whatever an importer that died has left of the hash goes.
local function add_people(packed)
  local at, cleared = 1, {}
  while at <= #packed do
    local segment, bucket, bytes, from = struct.unpack(PEOPLE_PART.format, packed, at)
    at = from + bytes
    local segment_key = people_key(key, segment * PEOPLE_BATCHES)
    local is_new = segment * PEOPLE_BATCHES >= first
    if is_new and not cleared[segment] then redis.call('DEL', segment_key) end
    cleared[segment] = true
    local before = not is_new and redis.call('HGET', segment_key, bucket) or ''
    redis.call('HSET', segment_key, bucket, before .. string.sub(packed, from, at - 1))
  end
end

-- Stores the ledger values of rows that are not pending, and returns their places and number.
local counts = {}
local function store_others(batch, packed)
  local ledger, ended, values = key .. ':ledger:' .. batch, {}, {}
  for at = 1, #packed, IMPORTED_ROW.bytes do
    local place, value = struct.unpack(IMPORTED_ROW.format, packed, at)
    ended[place] = true
    values[#values + 1], values[#values + 2] = place, value
    add(counts, string.byte(value, LEDGER_HEADER.at_state), 1)
  end
  redis.call('DEL', ledger)
  if #values > 0 then redis.call('HSET', ledger, unpack(values)) end
  return ended, #values / 2
end

local batch, all_rows, first_rows = first, 0, num(f[6])
local pending_before = num(redis.call('HGET', key .. ':counts', STATE.pending))
for at = REST, #ARGV, STEP do
  local rows = num(EACH.rows)
  redis.call('SET', key .. ':batch:' .. batch, EACH.blob)
  local ended, others = store_others(batch, EACH.others)
  local pending, left = rows - others, first_rows - pending_before
  if left > 0 and pending >= left then
    redis.call('HSET', key .. ':first', 'upTo', pending_row(batch, rows, ended, left))
  end
  local has_place = first_rows == 0 or left > 0
  if pending > 0 then
    redis.call('ZADD', key .. (has_place and ':ready' or ':beyond'), num(f[4]), batch)
  end
  add(counts, STATE.pending, pending)
  batch, all_rows, pending_before = batch + 1, all_rows + rows, pending_before + pending
end
add_people(ARG.people)
for state, n in pairs(counts) do redis.call('HINCRBY', key .. ':counts', state, n) end
redis.call('HSET', key, 'stored', batch, 'rows', num(f[5]) + all_rows)
return 1
