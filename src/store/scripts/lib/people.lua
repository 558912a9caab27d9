--- @include "base"
-- The index of people: which rows of a campaign are one person's. The rows of PEOPLE_BATCHES
-- batches are one hash, so it grows with the rows, and none of it has to be built again for a list
-- that turns out to be long. Its fields are buckets: the rows of the people whose digest falls into
-- it, PEOPLE_ROW of protocol.ts each. Two bytes of the digest are kept, so a row that is found is a
-- candidate, and the caller compares its phone.

local function people_key(key, batch)
  return key .. ':people:' .. math.floor(batch / PEOPLE_BATCHES)
end

-- How many batches of people a campaign may have: an importer that died may have stored more of the
-- list than the one after it.
local function batches_kept(key)
  local f = redis.call('HMGET', key, 'rows', 'stored', 'storedMax')
  return math.max(math.ceil(num(f[1]) / BATCH_ROWS), num(f[2]), num(f[3]))
end

-- The bucket of a person, and what is kept of the digest.
local function person_head(person)
  local bucket, mark = struct.unpack(PERSON_HEAD.format, person)
  return bucket % PEOPLE_BUCKETS, mark
end

-- Where the row is in its hash.
local function people_place(row) return (row - 1) % (PEOPLE_BATCHES * BATCH_ROWS) end

-- Adds a row to the index, if its campaign has one.
local function index_person(c, row, person)
  if redis.call('HGET', c.key, 'people') ~= '1' then return end
  local key = people_key(c.key, math.floor((row - 1) / BATCH_ROWS))
  local bucket, mark = person_head(person)
  local entry = struct.pack(PEOPLE_ROW.format, people_place(row), mark)
  redis.call('HSET', key, bucket, (redis.call('HGET', key, bucket) or '') .. entry)
end

-- Removes some rows of one batch from the index. `rows`: a table with the rows as keys.
local function unindex_rows(c, batch, rows)
  local key, gone = people_key(c.key, batch), {}
  for row in pairs(rows) do gone[people_place(row)] = true end
  local flat = redis.call('HGETALL', key)
  for at = 1, #flat, 2 do
    local kept, entries = {}, flat[at + 1]
    for from = 1, #entries, PEOPLE_ROW.bytes do
      if not gone[struct.unpack(PEOPLE_ROW.format, entries, from)] then
        kept[#kept + 1] = string.sub(entries, from, from + PEOPLE_ROW.bytes - 1)
      end
    end
    local left = table.concat(kept)
    if left == '' then redis.call('HDEL', key, flat[at])
    elseif left ~= entries then redis.call('HSET', key, flat[at], left) end
  end
end
