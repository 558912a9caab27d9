-- Counts people, and their messages towards frequency caps, before the messages are claimed.
--- @include "caps"
-- Its slot is the portfolio's, which stands in place of a number.
-- Atomic because: workers of all numbers of the portfolio share what is left. A person who is
-- counted costs nothing more; a repeated call counts nothing twice. A crash after it leaves people
-- and messages counted that were not sent, until their time is over; never the other way round.
-- KEYS: 1 slot key of the number
-- ARGV: limit: people within 24 hours; 0: not limited, and not counted · persons: a digest each ·
--   later_ms: how much later than now their messages may leave · wanted: 'fitting' to count who has
--   room, 'all' to count everyone, 'back' to take messages that were asked for once out of the
--   caps, '' only to look · category: CAP_CATEGORY, 0: no caps · caps: `messages:hours` each
--   · marks: CAP_MARK for each person
-- Returns: {people counted now, when the next one may be counted, ms (0: now), then for each
--   person 1, 0 without room in the budget, or when a cap lets the message go, ms}
-- Keys built: clock, people, sends, sends-top
local DROPPED_AT_ONCE = 1000
local key, limit = P .. 'people', num(ARG.limit)
-- `people` has until when each person counts. Rounded up, so that many end together and waiting
-- campaigns go on in turns, not one message at a time.
local until_ms = BUDGET_STEP_MS * math.ceil((NOW + num(ARG.later_ms) + BUDGET_MARGIN_MS)
  / BUDGET_STEP_MS) + BUDGET_WINDOW_MS

local persons = {}
for at = 1, #ARG.persons, DIGEST_BYTES do
  persons[#persons + 1] = string.sub(ARG.persons, at, at + DIGEST_BYTES - 1)
end
local sends = num(ARG.category) > 0
  and open_caps(ARG.caps, num(ARG.category), num(ARG.later_ms)) or nil
local function mark_of(i)
  return num(struct.unpack(CAP_MARK.format, ARG.marks, (i - 1) * CAP_MARK.bytes + 1))
end
if ARG.wanted == 'back' then
  for i, person in ipairs(persons) do
    local mark = mark_of(i)
    if sends then give_send_back(read_sends(sends, person, mark), person, mark) end
  end
  return { 0, 0 }
end
local known = limit > 0 and #persons > 0 and redis.call('ZMSCORE', key, unpack(persons)) or {}
local ended = redis.call('ZCOUNT', key, '-inf', NOW)
local used = redis.call('ZCARD', key) - ended

local answer, writes, taken = {}, {}, {}
for i, person in ipairs(persons) do
  local found = sends and read_sends(sends, person, mark_of(i))
  local capped = found and ARG.wanted ~= 'all' and capped_until(sends, found.hours)
  local is_counted = limit == 0 or num(known[i]) > NOW or taken[person]
  local fits = not capped and (is_counted or used < limit or ARG.wanted == 'all')
  answer[i] = fits and 1 or capped and capped - CLOCK_OFFSET or 0
  if fits and not is_counted then used = used + 1 end
  if fits and sends and ARG.wanted ~= '' then count_send(sends, found, person, mark_of(i)) end
  if fits and limit > 0 and not taken[person] and num(known[i]) < until_ms then
    writes[#writes + 1] = until_ms
    writes[#writes + 1] = person
  end
  if fits then taken[person] = true end
end

-- Room comes when as many have ended as are too many now.
local next_ms = 0
if limit > 0 and used >= limit then
  local at = ended + used - limit
  next_ms = num(redis.call('ZRANGE', key, at, at, 'WITHSCORES')[2], until_ms) - CLOCK_OFFSET
end
if ARG.wanted ~= '' then
  -- First, while those that have ended are the lowest.
  if ended > 0 then
    redis.call('ZREMRANGEBYRANK', key, 0, math.min(ended, DROPPED_AT_ONCE) - 1)
  end
  if #writes > 0 then redis.call('ZADD', key, unpack(writes)) end
  if sends then close_caps(sends) end
  keep_clock()
end
return { used, next_ms, unpack(answer) }
