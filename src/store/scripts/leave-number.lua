-- A worker stops, or gives a number up: its configured rate holds for the others no more.
--- @include "base"
-- Atomic because: it is one command; a script, as all that changes the state of a number.
-- KEYS: 1 slot key of the number
-- ARGV: process: the name of this worker
-- Returns: 1 if it had reported a rate, else 0
-- Keys built: rates
return redis.call('HDEL', P .. 'rates', ARG.process)
