--- @include "moves"
-- The index wamid -> attempt, in bounded hashes. Level L has 2^(6+L) buckets (at most 2^16); when
-- it holds 100 entries a bucket on average, the next level opens. Lookups try the newest first.
-- Buckets expire WAMID_KEPT_MS after their last write.
local BUCKETS_LOG2_MIN, BUCKETS_LOG2_MAX, BUCKET_ENTRIES = 6, 16, 100
local LEVELS = P .. 'wamid-levels'
-- As text: Redis takes long to write a number out, and here for each message.
local KEPT = string.format('%d', WAMID_KEPT_MS)
local index_top, index_added, serial_of, index_levels = nil, 0, {}, nil
local levels = {}

local function bucket_key(level, digest)
  local l = levels[level]
  if not l then
    local buckets = 2 ^ math.min(BUCKETS_LOG2_MIN + level, BUCKETS_LOG2_MAX)
    l = { buckets = buckets, prefix = P .. 'wamid:' .. level .. ':' }
    levels[level] = l
  end
  return l.prefix .. struct.unpack('>I4', digest) % l.buckets
end

-- How a digest is stored: the two bytes between are those that choose a large level's bucket.
local HEAD_TO, TAIL_FROM = 2, 5
local function short_digest(digest)
  return string.sub(digest, TAIL_FROM) .. string.sub(digest, 1, HEAD_TO)
end

local function pack_entry(serial, row, attempt)
  if attempt == 1 and serial <= SHORT_SERIAL_MAX and row <= SHORT_ROW_MAX and writes_short() then
    return struct.pack(SHORT_INDEX_ENTRY.format, serial, row)
  end
  return struct.pack(INDEX_ENTRY.format, serial, row, attempt)
end

local function unpack_entry(entry)
  if #entry == SHORT_INDEX_ENTRY.bytes then
    local serial, row = struct.unpack(SHORT_INDEX_ENTRY.format, entry)
    return serial, row, 1
  end
  return struct.unpack(INDEX_ENTRY.format, entry)
end

local function index_put(c, digest, row, attempt)
  index_top = index_top or num(redis.call('HGET', LEVELS, 'top'))
  local key = bucket_key(index_top, digest)
  local serial = serial_of[c.id] or tonumber(string.match(c.id, '(%d+)$'))
  serial_of[c.id] = serial
  local field = writes_short() and short_digest(digest) or digest
  local added = redis.call('HSET', key, field, pack_entry(serial, row, attempt))
  redis.call('PEXPIRE', key, KEPT)
  index_added = index_added + added
end

-- Opens the next level when this one is full, and drops levels whose buckets have all expired.
local function index_flush()
  if index_added == 0 then return end
  local size = redis.call('HINCRBY', LEVELS, 'size:' .. index_top, index_added)
  index_added = 0
  local buckets = 2 ^ math.min(BUCKETS_LOG2_MIN + index_top, BUCKETS_LOG2_MAX)
  if size < BUCKET_ENTRIES * buckets then return end
  redis.call('HSET', LEVELS, 'top', index_top + 1, 'closed:' .. index_top, NOW)
  local bottom = num(redis.call('HGET', LEVELS, 'bottom'))
  while bottom <= index_top
    and num(redis.call('HGET', LEVELS, 'closed:' .. bottom), NOW) + WAMID_KEPT_MS < NOW do
    redis.call('HDEL', LEVELS, 'closed:' .. bottom, 'size:' .. bottom)
    bottom = bottom + 1
  end
  redis.call('HSET', LEVELS, 'bottom', bottom)
  index_top, index_levels = nil, nil
end

kept_back[#kept_back + 1] = index_flush

local function index_drop(digest)
  local all = redis.call('HMGET', LEVELS, 'top', 'bottom')
  for level = num(all[1]), num(all[2]), -1 do
    redis.call('HDEL', bucket_key(level, digest), short_digest(digest), digest)
  end
end

-- Returns campaign id, row, attempt; or nil.
local function index_get(digest)
  index_levels = index_levels or redis.call('HMGET', LEVELS, 'top', 'bottom')
  for level = num(index_levels[1]), num(index_levels[2]), -1 do
    local both = redis.call('HMGET', bucket_key(level, digest), short_digest(digest), digest)
    local found = both[1] or both[2]
    if found then
      local serial, row, attempt = unpack_entry(found)
      return number_name() .. '-' .. serial, row, attempt
    end
  end
end
