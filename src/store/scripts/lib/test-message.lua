--- @include "base"
-- A test message is a campaign of one row that is kept out of the list of campaigns, the known
-- imports, the log and the failed jobs. It ends by itself, so none goes out when its person no
-- longer expects it.

-- It is in `endings` from the start: an import that died is closed like one that waited in vain.
local function limit_test(key, id, ms)
  redis.call('HSET', key, 'test', 1, 'endBy', WALL + ms)
  redis.call('ZADD', P .. 'endings', WALL + ms, id)
end

-- Its only batch is open from the start. So the process that stored it sends it at once, without
-- opening batches of other campaigns; if that process dies, the sweep of a worker adds the job.
local TEST_RUN = 1
local function open_test(c)
  redis.call('DEL', c.key .. ':ready')
  redis.call('HSET', c.key .. ':open', 0, TEST_RUN)
  redis.call('HSET', c.key, 'runs', TEST_RUN)
end
