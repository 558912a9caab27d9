-- Says of the rows of some batches who got the message lately, or is about to.
--- @include "base"
--- @include "ledger"
-- Atomic because: it changes nothing; a row that moves meanwhile is written to either way.
-- KEYS: 1 slot key of the number
-- ARGV: 1 campaign  2 first batch  3 how many batches  4 whom to leave out: how long ago, ms, or 0
--       5 whom to tell: how long ago, ms, or 0
-- Returns: {} no such campaign, or its rows are deleted · for each batch a digit a row: 0 did not get
--   it, 1 waits to get it, 2 got it within ARGV 4, 3 got it within ARGV 5 only
-- Keys built: campaign:<id> and its :ledger:<batch>
local c = open_rows(ARGV[1])
if not c then return {} end
local WAITS = shown(c, STATE.pending) == STATE.pending and '1' or '0'
-- A POST of theirs was accepted, or may have been.
local GOT = {}
for _, state in ipairs({ 'sending', 'accepted', 'sent', 'delivered', 'read', 'unknown' }) do
  GOT[STATE[state]] = true
end

local function since(window)
  return num(window) > 0 and stamp(c, WALL - num(window)) or math.huge
end
local LEFT_SINCE, TOLD_SINCE = since(ARGV[4]), since(ARGV[5])

-- Reads only the bytes it needs (lib/ledger.lua has the layout): there are a million values.
local function digit(value)
  local state, flags, mask = string.byte(value, 2), string.byte(value, 3), string.byte(value, 12)
  if GOT[state] or bit.band(flags, FLAG.maybe_duplicate) ~= 0 then
    local at = bit.band(mask, 1) ~= 0 and struct.unpack('>I4', value, HEADER_BYTES + 1) or 4294967295
    if at >= LEFT_SINCE then return '2' end
    if at >= TOLD_SINCE then return '3' end
  end
  return state == STATE.pending and WAITS or '0'
end

local answer, first = {}, num(ARGV[2])
for batch = first, first + num(ARGV[3]) - 1 do
  local rows, digits = math.min(BATCH_ROWS, c.rows - batch * BATCH_ROWS), {}
  if rows <= 0 then break end
  for at = 1, rows do digits[at] = WAITS end
  local flat = redis.call('HGETALL', ledger_key(c, batch))
  for at = 1, #flat, 2 do
    local row = num(flat[at]) + 1
    if row <= rows then digits[row] = digit(flat[at + 1]) end
  end
  answer[#answer + 1] = table.concat(digits)
end
return answer
