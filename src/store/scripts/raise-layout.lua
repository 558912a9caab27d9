-- Notes a newer layout of the number's keys.
--- @include "base"
-- Atomic because: several processes upgrade a number at once, and a slow one must not take back
-- what a later step of another has reached: that has data which the lower layout lacks.
-- KEYS: 1 slot key of the number
-- ARGV: layout
-- Returns: the layout that the number has now
-- Keys built: schema
local found = num(redis.call('GET', P .. 'schema'))
local layout = math.max(found, num(ARG.layout))
if layout > found then redis.call('SET', P .. 'schema', string.format('%d', layout)) end
return layout
