-- Notes the outcome of a due time of a recurring campaign file.
--- @include "base"
-- Atomic because: without a list the due time is handled with its outcome in one step; one that
-- only a change of the schedule has handled (note-recurring) gets its outcome here, too. Of a list
-- that was committed the outcome counts while no later one was; bytes that became no campaign are
-- forgotten with their etag, so that they may be sent once they are corrected.
-- KEYS: 1 slot key of the number
-- ARGV: name: of the file · due: time · drop: id of its list; '' there is none · outcome · campaign
--   or '' · detail: for people, or '' · forgotten: digest of bytes that may come again, or ''
-- Returns: done | late: it has an outcome, or the file is gone
-- Keys built: recurring:<name>, recurring-past:<name>
local key, past = P .. 'recurring:' .. ARG.name, P .. 'recurring-past:' .. ARG.name
local known = redis.call('HMGET', key, 'schedule', 'handled', 'drop', 'due')
local due = num(ARG.due)
if ARG.drop == '' then
  if not known[1] or due > WALL or due <= num(known[4]) and due <= num(known[2]) then
    return ANSWER.late
  end
  if due > num(known[2]) then
    redis.call('HSET', key, 'handled', due)
    redis.call('HDEL', key, 'lease', 'leaseUntil')
  end
else
  -- A later run may have committed the same bytes since: those stay.
  local bytes = 'bytes ' .. ARG.forgotten
  if num(redis.call('ZSCORE', past, bytes) or '') == due then redis.call('ZREM', past, bytes) end
  if known[3] ~= ARG.drop then return ANSWER.late end
  if ARG.forgotten ~= '' then redis.call('HDEL', key, 'etag', 'etagOf') end
  -- A run without a list came after it, and is what people see.
  if num(known[2]) > due then return ANSWER.done end
end
redis.call('HSET', key, 'due', due, 'at', WALL, 'outcome', ARG.outcome, 'campaign', ARG.campaign,
  'detail', ARG.detail)
return ANSWER.done
