-- Decides whether a list may become the campaign of a due time of a recurring campaign file.
--- @include "base"
-- Atomic because: a due time is handled and gets its drop in one step, so it yields at most one
-- campaign, however many producers looked for its list or resumed it after a crash. A drop that was
-- committed stays so, also when later due times follow. Bytes are committed once.
-- KEYS: 1 slot key of the number
-- ARGV: name: of the file · due: time · drop: id of the list in processing · digest: of its bytes
--   · etag: of the source, or '' · etag_of: the address it is of
-- Returns: committed | same: bytes of an earlier run, which handles the due time | late: another
--   list was, or the schedule was changed or is gone
-- Keys built: recurring:<name>, recurring-past:<name>
local key, past = P .. 'recurring:' .. ARG.name, P .. 'recurring-past:' .. ARG.name
if redis.call('ZSCORE', past, 'drop ' .. ARG.drop) then return ANSWER.committed end
local known = redis.call('HMGET', key, 'schedule', 'handled')
local due = num(ARG.due)
if not known[1] or due <= num(known[2]) or due > WALL then return ANSWER.late end
redis.call('HSET', key, 'handled', due, 'etag', ARG.etag, 'etagOf', ARG.etag_of)
redis.call('HDEL', key, 'lease', 'leaseUntil')
if redis.call('ZSCORE', past, 'bytes ' .. ARG.digest) then
  redis.call('HSET', key, 'due', due, 'at', WALL, 'outcome', RUN_OUTCOME.unchanged,
    'campaign', '', 'detail', '')
  return ANSWER.same
end
redis.call('ZADD', past, due, 'drop ' .. ARG.drop, due, 'bytes ' .. ARG.digest)
redis.call('ZREMRANGEBYRANK', past, 0, -RECURRING_PAST_MAX - 1)
redis.call('HSET', key, 'drop', ARG.drop, 'due', due, 'at', WALL, 'outcome', RUN_OUTCOME.importing,
  'campaign', '', 'detail', '')
return ANSWER.committed
