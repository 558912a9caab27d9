-- Counts people towards the budget of a portfolio, before their messages are claimed.
--- @include "base"
-- Its slot is the portfolio's, which stands in place of a number.
-- Atomic because: workers of all numbers of the portfolio share what is left. A person who is
-- counted costs nothing more; a repeated call counts nothing twice. A crash after it leaves people
-- counted who got no message, until a day later; never the other way round.
-- KEYS: 1 slot key of the number
-- ARGV: limit: people within 24 hours · persons: a digest each · later_ms: how much later than now
--   their messages may leave · wanted: 'fitting' to count who has room, 'all' to count everyone, ''
--   only to look
-- Returns: {people counted now, when the next one may be counted, ms (0: now), then for each
--   person 1 or 0}
-- Keys built: clock, people
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
local known = #persons > 0 and redis.call('ZMSCORE', key, unpack(persons)) or {}
local ended = redis.call('ZCOUNT', key, '-inf', NOW)
local used = redis.call('ZCARD', key) - ended

local answer, writes, taken = {}, {}, {}
for i, person in ipairs(persons) do
  local is_counted = num(known[i]) > NOW or taken[person]
  local fits = is_counted or used < limit or ARG.wanted == 'all'
  answer[i] = fits and 1 or 0
  if fits and not is_counted then used = used + 1 end
  if fits and not taken[person] and num(known[i]) < until_ms then
    writes[#writes + 1] = until_ms
    writes[#writes + 1] = person
  end
  if fits then taken[person] = true end
end

-- Room comes when as many have ended as are too many now.
local next_ms = 0
if used >= limit then
  local at = ended + used - limit
  next_ms = num(redis.call('ZRANGE', key, at, at, 'WITHSCORES')[2], until_ms) - CLOCK_OFFSET
end
if ARG.wanted ~= '' then
  -- First, while those that have ended are the lowest.
  if ended > 0 then
    redis.call('ZREMRANGEBYRANK', key, 0, math.min(ended, DROPPED_AT_ONCE) - 1)
  end
  if #writes > 0 then redis.call('ZADD', key, unpack(writes)) end
  keep_clock()
end
return { used, next_ms, unpack(answer) }
