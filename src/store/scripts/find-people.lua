-- Reads which rows of some campaigns may be one person's (lib/people.lua).
--- @include "people"
-- Atomic because: it changes nothing; the caller compares the phone of each row.
-- KEYS: 1 slot key of the number
-- ARGV: person: digest · segments_max: most hashes of the index to read · from: the batch at which
--   the first campaign is gone on with; then for each: campaign
-- Returns: for each campaign that was read, one at least (PEOPLE_FOUND of protocol.ts): {gone}
--   there is none, or its rows are deleted · {unindexed, rows} · {indexed, the batch to go on with
--   or 0 when it was read to its end, each row that may be the person's}
-- Keys built: campaign:<id> and its :people:<segment>
local bucket = person_head(ARG.person)
local mark = string.sub(ARG.person, PERSON_HEAD.at_mark, PERSON_HEAD.bytes)
local seen = 0

-- Looks for the bytes of the mark: to unpack each row takes ten times as long.
local function rows_in(key, first_row)
  local found, entries = {}, redis.call('HGET', key, bucket) or ''
  local at = string.find(entries, mark, 1, true)
  while at do
    local start = at - PEOPLE_ROW.at_mark + 1
    if start > 0 and (start - 1) % PEOPLE_ROW.bytes == 0 then
      found[#found + 1] = first_row + struct.unpack(PEOPLE_ROW.format, entries, start)
    end
    at = string.find(entries, mark, at + 1, true)
  end
  return found
end

local function look_in(key, from)
  local f = redis.call('HMGET', key, 'rows', 'people', 'purgedAt')
  if not f[1] or f[3] then return { PEOPLE_FOUND.gone } end
  local rows = num(f[1])
  if f[2] ~= '1' then return { PEOPLE_FOUND.unindexed, rows } end
  local answer = { PEOPLE_FOUND.indexed, 0 }
  for batch = from, math.ceil(rows / BATCH_ROWS) - 1, PEOPLE_BATCHES do
    if seen >= num(ARG.segments_max) then
      answer[2] = batch
      break
    end
    seen = seen + 1
    for _, row in ipairs(rows_in(people_key(key, batch), batch * BATCH_ROWS + 1)) do
      answer[#answer + 1] = row
    end
  end
  return answer
end

local answer = {}
for at = REST, #ARGV, STEP do
  if at > REST and seen >= num(ARG.segments_max) then break end
  local from = at == REST and num(ARG.from) or 0
  answer[#answer + 1] = look_in(P .. 'campaign:' .. EACH.campaign, from)
end
return answer
