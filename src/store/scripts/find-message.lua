-- Reads which message has this id: a wamid, or the API's own reference, of any of its attempts.
--- @include "wamid"
-- Atomic because: it changes nothing.
-- KEYS: 1 slot key of the number
-- ARGV: digest: of the id
-- Returns: {campaign, row, attempt}, or {} if it is not in the index
-- Keys built: clock, wamid:<level>:<bucket>, wamid-levels
local campaign, row, attempt = index_get(ARG.digest)
return campaign and { campaign, row, attempt } or {}
