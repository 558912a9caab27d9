-- Notes for webhooks out that messages are accepted while no webhook reports on them.
--- @include "base"
-- Atomic because: of all workers that see the same silence, one notes it, once.
-- KEYS: 1 slot key of the number
-- ARGV: since: when the silence began · what: kind of silence, accepted messages, ms
-- Returns: 1 if it was noted, else 0
-- Keys built: stats, notify, notices
if redis.call('HGET', P .. 'stats', 'silenceToldAt') == ARG.since then return 0 end
redis.call('HSET', P .. 'stats', 'silenceToldAt', ARG.since)
note_notice('|silent|' .. WALL .. '|' .. ARG.what)
return 1
