-- Stores some batches of an import with their counters; with no batches, only renews the lease.
-- Batches beyond the first N rows that may go are set aside (lib/trial.lua).
--- @include "people"
-- Atomic because: rows, counters and the position of the import move together, so a chunk that is
-- sent twice is stored once. Nothing is sent from an `importing` campaign.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · token · lease_ms · first_batch · batches: how many; then for each batch: rows
--   blob, rows, pending rows, how many ledger fields, each field and value, how many buckets of
--   people, each bucket and its rows (lib/people.lua); then state and count pairs of the whole
--   chunk
-- Returns: 1 stored (now or before), 0 lost: another importer took over, or it was cancelled
-- Keys built: clock, campaign:<id> and its :counts :ready :batch:<batch> :ledger:<batch> :first
--   :beyond :people:<segment>
local key = P .. 'campaign:' .. ARG.campaign
local f = redis.call('HMGET', key, 'status', 'importer', 'stored', 'startAt', 'rows', 'first')
if f[1] ~= 'importing' or f[2] ~= ARG.token then return 0 end
local first, batches = num(ARG.first_batch), num(ARG.batches)
redis.call('HSET', key, 'importLease', NOW + num(ARG.lease_ms))
if batches == 0 or num(f[3]) >= first + batches then return 1 end
if num(f[3]) ~= first then return redis.error_reply('ERR chunk does not follow the last one') end

-- The row of the n-th pending one of a batch: those that are not pending have ledger fields.
local function pending_row(batch, n, at)
  local others = {}
  for i = at + 4, at + 3 + 2 * num(ARGV[at + 3]), 2 do others[num(ARGV[i])] = true end
  for place = 0, num(ARGV[at + 1]) - 1 do
    if not others[place] then n = n - 1 end
    if n == 0 then return batch * BATCH_ROWS + place + 1 end
  end
end

-- The rows of the chunk for the index of people, by segment and bucket.
local people = {}
local function add_people(segment_key, from, buckets)
  local segment = people[segment_key] or {}
  people[segment_key] = segment
  for i = from, from + 2 * buckets - 1, 2 do
    local parts = segment[ARGV[i]] or {}
    segment[ARGV[i]] = parts
    parts[#parts + 1] = ARGV[i + 1]
  end
end
local function write_people()
  for segment_key, segment in pairs(people) do
    local values = {}
    for bucket, parts in pairs(segment) do
      table.insert(parts, 1, redis.call('HGET', segment_key, bucket) or '')
      values[#values + 1] = bucket
      values[#values + 1] = table.concat(parts)
    end
    if #values > 0 then redis.call('HSET', segment_key, unpack(values)) end
  end
end

local at, rows, first_rows = REST, 0, num(f[6])
local pending_before = num(redis.call('HGET', key .. ':counts', STATE.pending))
for batch = first, first + batches - 1 do
  local fields = num(ARGV[at + 3])
  redis.call('SET', key .. ':batch:' .. batch, ARGV[at])
  redis.call('DEL', key .. ':ledger:' .. batch)
  for i = at + 4, at + 3 + 2 * fields, 2 do
    redis.call('HSET', key .. ':ledger:' .. batch, ARGV[i], ARGV[i + 1])
  end
  local pending = num(ARGV[at + 2])
  local left = first_rows - pending_before
  if left > 0 and pending >= left then
    redis.call('HSET', key .. ':first', 'upTo', pending_row(batch, left, at))
  end
  local has_place = first_rows == 0 or left > 0
  if pending > 0 then
    redis.call('ZADD', key .. (has_place and ':ready' or ':beyond'), num(f[4]), batch)
  end
  pending_before = pending_before + pending
  rows = rows + num(ARGV[at + 1])
  at = at + 4 + 2 * fields
  -- What an importer that died has left of it.
  if batch % PEOPLE_BATCHES == 0 then redis.call('DEL', people_key(key, batch)) end
  add_people(people_key(key, batch), at + 1, num(ARGV[at]))
  at = at + 1 + 2 * num(ARGV[at])
end
write_people()
for i = at, #ARGV, 2 do redis.call('HINCRBY', key .. ':counts', ARGV[i], ARGV[i + 1]) end
redis.call('HSET', key, 'stored', first + batches, 'rows', num(f[5]) + rows)
return 1
