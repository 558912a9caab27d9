-- Stops the number after its keys came from a backup: nothing is sent until a person decides.
-- Atomic because: no claim may be granted between the last restored key and the question.
--- @include "guard"
-- A worker that remembers the last claim of the copy must not confirm it: others, whose memory is
-- gone, may have been granted more since the backup was made.
-- KEYS: 1 slot key of the number
-- ARGV: none
-- Returns: 1
-- Keys built: guard, serial, by-end, campaign:<id> and its :open
redis.call('HDEL', GUARD, 'unconfirmed', 'newRun', 'newRunAt', 'vouched')
stop_number()
if redis.call('HEXISTS', GUARD, 'lost') == 0 then redis.call('HSET', GUARD, 'restored', 1) end
return 1
