--- @include "moves"
-- Hashes that a script uses for many rows: read together first, written together at the end. This
-- only saves calls, which cost more than their work; scripts are atomic either way. `commit` writes
-- them.
local hashes, changed = {}, {}

local function open_hash(key)
  local hash = hashes[key]
  if not hash then
    hash = { values = {}, changed = {} }
    hashes[key] = hash
  end
  return hash
end

local function prefetch(key, fields)
  local values = open_hash(key).values
  for i, value in ipairs(redis.call('HMGET', key, unpack(fields))) do
    values[fields[i]] = value
  end
end

-- Notes that the field does not exist, without reading it.
local function hash_absent(key, field)
  open_hash(key).values[field] = false
end

-- The field's value, or false.
local function hash_get(key, field)
  local values = open_hash(key).values
  if values[field] == nil then values[field] = redis.call('HGET', key, field) end
  return values[field]
end

-- A value of false removes the field.
local function hash_put(key, field, value)
  local hash = open_hash(key)
  if hash.values[field] == value then return end
  hash.values[field] = value
  hash.changed[field] = true
  changed[key] = hash
end

local function write_hashes()
  for key, hash in pairs(changed) do
    local puts, drops = {}, {}
    for field in pairs(hash.changed) do
      if hash.values[field] then
        puts[#puts + 1] = field
        puts[#puts + 1] = hash.values[field]
      else
        drops[#drops + 1] = field
      end
    end
    if #puts > 0 then redis.call('HSET', key, unpack(puts)) end
    if #drops > 0 then redis.call('HDEL', key, unpack(drops)) end
    hash.changed = {}
  end
  changed = {}
end
kept_back[#kept_back + 1] = write_hashes

-- Drops what is not written yet; what is needed later is read again.
local function forget_hashes() hashes, changed = {}, {} end
