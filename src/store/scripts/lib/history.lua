--- @include "base"
-- The history of a row: what its ledger value no longer says, because another attempt, a
-- contradiction or a person's decision came after it. An ordinary message has none. It is
-- `<row>:h` of the side hash: HISTORY_ROW of protocol.ts each, HISTORY_MAX at most, without the
-- oldest when there are more. It holds times and codes, nothing of the person.

-- `what`: HISTORY of core/history.ts. `e`: attempt, and what is known of at (ticks), code, reason,
-- http. `once`: nothing is noted if there is such an entry of the attempt.
local function note_history(c, row, what, e, once)
  local side, field, size = c.key .. ':side', row .. ':h', HISTORY_ROW.bytes
  local known = redis.call('HGET', side, field) or ''
  for at = 1, once and #known or 0, size do
    local its, _, attempt = struct.unpack(HISTORY_ROW.format, known, at)
    if its == what and attempt == e.attempt then return end
  end
  local entry = struct.pack(HISTORY_ROW.format, what, e.at or stamp(c, WALL), e.attempt,
    e.code or 0, e.reason or 0, e.http or 0)
  redis.call('HSET', side, field, string.sub(known .. entry, 0 - HISTORY_MAX * size))
end

-- Call it before `r` takes up another attempt: notes how far the last one got.
local function note_attempt(c, row, r)
  for _, one in ipairs({ { TIME.accepted, HISTORY.accepted }, { TIME.sent, HISTORY.sent },
    { TIME.delivered, HISTORY.delivered }, { TIME.read, HISTORY.read } }) do
    local at = r.times[one[1]]
    if at then note_history(c, row, one[2], { at = at, attempt = r.attempt }) end
  end
end
