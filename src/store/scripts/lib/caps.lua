--- @include "base"
-- The messages of each person that count towards frequency caps, in the slot of their portfolio.
--
-- `sends:<period>:<shard>` has, by the digest of a person, CAP_ENTRY of each message: one message
-- is counted once, however often it is asked for, since its entry has its mark. One that was asked
-- for again is not given back: another attempt or another worker may have sent the message. An
-- entry is in the period of its hour, and a hash expires when the longest possible cap no longer
-- counts its hours, whichever campaign counted it. `sends-top` is the latest period with an entry:
-- messages that the API keeps back are counted ahead.

local function period_of(hour) return math.floor(hour / CAP_PERIOD_HOURS) end
local function sends_key(period, person)
  return P .. 'sends:' .. period .. ':' .. struct.unpack('>I2', person) % CAP_SHARDS
end

-- Rounded up, so that a message never counts for less than the time of the cap.
local function open_caps(text, category, later_ms)
  local hour = math.ceil((NOW + later_ms) / CAP_HOUR_MS)
  local s = { rules = {}, category = category, hour = hour, hours = 0, touched = {} }
  for messages, hours in string.gmatch(text, '(%d+):(%d+)') do
    s.rules[#s.rules + 1] = { messages = num(messages), hours = num(hours) }
    s.hours = math.max(s.hours, num(hours))
  end
  local now_period = period_of(math.floor(NOW / CAP_HOUR_MS))
  s.first = period_of(math.floor(NOW / CAP_HOUR_MS) - s.hours)
  s.top = num(redis.call('GET', P .. 'sends-top'))
  -- What is sent later than this message by more than the time of a cap is in no window with it.
  s.last = math.min(math.max(now_period, s.top, period_of(hour)), period_of(hour + s.hours),
    now_period + CAP_PERIODS_AHEAD)
  return s
end

-- The person's entries by period; `mine` are those of the message itself.
local function read_sends(s, person, mark)
  local found = { hours = {}, mine = {} }
  for period = s.first, s.last do
    local packed = redis.call('HGET', sends_key(period, person), person) or ''
    for at = 1, #packed, CAP_ENTRY.bytes do
      local category, hour, of = struct.unpack(CAP_ENTRY.format, packed, at)
      if of == mark then
        found.mine[period] = packed
      elseif category % CAP_ASKED_AGAIN == s.category then
        found.hours[#found.hours + 1] = hour
      end
    end
  end
  return found
end

-- When a cap lets a message go to a person with these messages, own clock ms; nil: now.
local function capped_until(s, hours)
  table.sort(hours)
  local until_ms
  for _, rule in ipairs(s.rules) do
    local lately = {}
    for _, hour in ipairs(hours) do
      local is_over = (hour + rule.hours) * CAP_HOUR_MS <= NOW
      if not is_over and hour <= s.hour + rule.hours then lately[#lately + 1] = hour end
    end
    local over = #lately - rule.messages + 1
    local ends = over > 0 and (lately[over] + rule.hours) * CAP_HOUR_MS or 0
    if ends > (until_ms or 0) then until_ms = ends end
  end
  return until_ms
end

-- The entries without those that `drops(category, mark)` names.
local function without(packed, drops)
  local kept = {}
  for at = 1, #packed, CAP_ENTRY.bytes do
    local category, _, of = struct.unpack(CAP_ENTRY.format, packed, at)
    if not drops(category, of) then
      kept[#kept + 1] = string.sub(packed, at, at + CAP_ENTRY.bytes - 1)
    end
  end
  return table.concat(kept)
end

local function forget_send(found, person, drops)
  for period, packed in pairs(found.mine) do
    local key, left = sends_key(period, person), without(packed, drops)
    if left == '' then redis.call('HDEL', key, person) end
    if left ~= '' then redis.call('HSET', key, person, left) end
  end
end

-- Takes a message out that was asked for once, by the claim that was not granted.
local function give_send_back(found, person, mark)
  forget_send(found, person, function(category, of)
    return of == mark and category < CAP_ASKED_AGAIN
  end)
end

-- Drops the oldest entries of the category beyond those that a cap can count.
local function newest_of(category, packed)
  local over = 0 - CAP_ENTRIES_MAX
  local function is_same(other) return other % CAP_ASKED_AGAIN == category end
  for at = 1, #packed, CAP_ENTRY.bytes do
    if is_same((struct.unpack(CAP_ENTRY.format, packed, at))) then over = over + 1 end
  end
  if over <= 0 then return packed end
  return without(packed, function(other)
    if not is_same(other) or over == 0 then return false end
    over = over - 1
    return true
  end)
end

local function count_send(s, found, person, mark)
  local again = next(found.mine) and CAP_ASKED_AGAIN or 0
  forget_send(found, person, function(_, of) return of == mark end)
  local period = period_of(s.hour)
  local key = sends_key(period, person)
  local entry = struct.pack(CAP_ENTRY.format, s.category + again, s.hour, mark)
  local packed = (redis.call('HGET', key, person) or '') .. entry
  redis.call('HSET', key, person, newest_of(s.category, packed))
  s.touched[key] = period
end

local function close_caps(s)
  for key, period in pairs(s.touched) do
    local ends = ((period + 1) * CAP_PERIOD_HOURS + CAP_KEPT_HOURS + 1) * CAP_HOUR_MS - NOW
    redis.call('PEXPIRE', key, ends, redis.call('PTTL', key) < 0 and 'NX' or 'GT')
    if period > s.top then redis.call('SET', P .. 'sends-top', period) end
  end
end
