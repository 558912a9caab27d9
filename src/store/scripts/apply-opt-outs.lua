-- Brings a number's copy of the opt-outs up to a position of the deployment's list.
--- @include "guard"
-- Atomic because: copy and position move together. A caller that read from a later position than
-- the copy has reached would leave a gap, and one that read to an earlier one would undo newer
-- changes: both change nothing and get the position to continue from.
-- KEYS: 1 slot key of the number
-- ARGV: from · to: the positions it was read from and to; then for each: person: digest · scope: ''
--   when it was taken back · changed_at: ms
-- Returns: the position of the copy now
-- Keys built: guard, suppressed, opted-in, opt-outs-at
local reached, from, to = num(redis.call('GET', P .. 'opt-outs-at')), num(ARG.from), num(ARG.to)
if from > reached or to <= reached then
  -- As it is: waiting for replicas proves only what this connection has written.
  redis.call('SET', P .. 'opt-outs-at', reached)
  return reached
end
for at = REST, #ARGV, STEP do
  if EACH.scope == '' then
    redis.call('HDEL', P .. 'suppressed', EACH.person)
    -- Earlier opt-outs by this person no longer count (lib/status.lua).
    redis.call('HSET', P .. 'opted-in', EACH.person, EACH.changed_at)
  else
    redis.call('HSET', P .. 'suppressed', EACH.person, EACH.scope)
  end
end
redis.call('SET', P .. 'opt-outs-at', to)
count_act()
return to
