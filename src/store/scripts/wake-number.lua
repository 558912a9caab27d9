-- Notes for the workers of all processes that a number may have work.
--- @include "base"
-- Atomic because: each wake-up has a position of its own, also after Redis TIME has stepped back,
-- so a reader that knows one position finds all later ones.
-- KEYS: 1 slot key of the number
-- ARGV: number
-- Returns: its position
-- Keys built: wake-ups
local last = redis.call('ZREVRANGE', P .. 'wake-ups', 0, 0, 'WITHSCORES')
local position = math.max(WALL, num(last[2]) + 1)
redis.call('ZADD', P .. 'wake-ups', position, ARG.number)
return position
