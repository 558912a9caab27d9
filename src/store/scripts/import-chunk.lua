-- Stores some batches of an import with their counters; with no batches, only renews the lease.
-- Batches beyond the first N rows that may go are set aside (lib/trial.lua).
--- @include "people"
-- Atomic because: rows, counters and the position of the import move together, so a chunk that is
-- sent twice is stored once. Nothing is sent from an `importing` campaign.
-- KEYS: 1 slot key of the number
-- ARGV: campaign · token · lease_ms · first_batch · batches: how many; then for each batch: rows
--   blob, rows, pending rows, how many ledger fields, each field and value; then how many hashes of
--   the index of people, for each: its number, how many buckets, each bucket and its rows
--   (lib/people.lua); then state and count pairs of the whole chunk
-- Returns: 1 stored (now or before), 0 lost: another importer took over, or it was cancelled
-- Keys built: clock, campaign:<id> and its :counts :ready :batch:<batch> :ledger:<batch> :first
--   :beyond :people:<segment>
local key = P .. 'campaign:' .. ARG.campaign
local f = redis.call('HMGET', key, 'status', 'importer', 'stored', 'startAt', 'rows', 'first')
if f[1] ~= STATUS.importing or f[2] ~= ARG.token then return 0 end
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

-- Adds the people of one hash of the index. With the hash's first batch in this chunk, whatever an
-- importer that died has left of it goes.
local function add_people(segment, from, to)
  local segment_key, values = people_key(key, segment * PEOPLE_BATCHES), {}
  local is_new = segment * PEOPLE_BATCHES >= first
  if is_new then redis.call('DEL', segment_key) end
  for i = from, to, 2 do
    local before = not is_new and redis.call('HGET', segment_key, ARGV[i])
    values[#values + 1] = ARGV[i]
    values[#values + 1] = before and before .. ARGV[i + 1] or ARGV[i + 1]
  end
  if #values > 0 then redis.call('HSET', segment_key, unpack(values)) end
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
end
local segments = num(ARGV[at])
at = at + 1
for _ = 1, segments do
  local last = at + 1 + 2 * num(ARGV[at + 1])
  add_people(num(ARGV[at]), at + 2, last)
  at = last + 1
end
for i = at, #ARGV, 2 do redis.call('HINCRBY', key .. ':counts', ARGV[i], ARGV[i + 1]) end
redis.call('HSET', key, 'stored', first + batches, 'rows', num(f[5]) + rows)
return 1
