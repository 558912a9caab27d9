import { catalogue } from "./catalogue.ts";

/** Redis and the folder where it keeps its data. */
export const REDIS = catalogue(503, {
  data_dir_full: {
    meaning: "The disk of the data folder is full.",
    fix: "Free some space, or set `DROPCAST_DATA_DIR` to a folder on another disk.",
    http: 507,
  },
  data_dir_not_writable: {
    meaning:
      "Redis cannot keep its data in the data folder: it belongs to another user, is read-only or is no folder.",
    fix: "Make it writable for this user, or set `DROPCAST_DATA_DIR` to one that is.",
    http: 500,
  },
  redis_async_replica: {
    meaning:
      "Redis has replicas, and one that takes over may lack the last second of writes: messages of that second would be sent twice.",
    fix: "Use a Redis without automatic failover, or set `DROPCAST_ALLOW_UNSAFE_REDIS=1` to accept the risk.",
  },
  redis_cluster: {
    meaning: "The Redis runs in cluster mode, which Dropcast cannot use: nothing would be sent.",
    fix: 'Use a Redis without cluster mode (ElastiCache: "cluster mode disabled"; MemoryDB has none without).',
  },
  redis_download_failed: {
    meaning:
      "The distribution's Redis could not be downloaded. Seen only as the reason inside `redis_not_found`.",
    fix: "Install Redis or Valkey, or set `DROPCAST_REDIS_URL`.",
  },
  redis_evicts: {
    meaning:
      "Redis deletes records when its memory is full (`maxmemory-policy` is not `noeviction`).",
    fix: "`CONFIG SET maxmemory-policy noeviction`, and the same line in its configuration.",
  },
  redis_failed: {
    meaning:
      "The embedded Redis did not start, or the one that runs cannot be used. The message holds its last log lines.",
    fix: "Read `redis/redis.log` in the data folder. If the append-only file is damaged, keep a copy of the folder before any repair.",
  },
  redis_lost: {
    meaning:
      "Redis stopped answering in the middle of a command, or could not take a write; the message names the trouble (`OOM`, `READONLY`, `MISCONF` …).",
    fix: "Nothing is lost. Do what the refusal says, `dropcast doctor` looks at it; then give the command again.",
  },
  redis_not_durable: {
    meaning:
      "Redis may forget writes it has confirmed: no append-only file, `appendfsync` is not `always`, or `no-appendfsync-on-rewrite` is on. Messages could be sent twice after a crash.",
    fix: "Run the `CONFIG SET` commands that the refusal names and put the same lines in its configuration, or set `DROPCAST_ALLOW_UNSAFE_REDIS=1` to accept the risk.",
  },
  redis_not_found: {
    meaning: "No Redis or Valkey 6.2 or newer is on PATH, and none could be downloaded.",
    fix: "Run the install command that the refusal names, or set `DROPCAST_REDIS_URL` to a Redis you already run.",
  },
  redis_read_only: {
    meaning: "The Redis is a replica and takes no writes.",
    fix: "Set `DROPCAST_REDIS_URL` to its primary.",
  },
  redis_settings_hidden: {
    meaning:
      "The Redis does not tell all its settings (managed services forbid `CONFIG`); what INFO tells (`appendonly`, `maxmemory-policy`) was checked, the others cannot be.",
    fix: "Make sure at the provider that it keeps every write it confirmed; then set `DROPCAST_ALLOW_UNSAFE_REDIS=1`: that is your word for it.",
  },
  redis_silent: {
    meaning: "The embedded Redis runs but has not answered for a minute.",
    fix: "End its process (its pid is in `redis/redis.pid` of the data folder) and start again: nothing is lost.",
  },
  redis_too_old: {
    meaning: "The Redis is older than 6.2.",
    fix: "Use Redis 6.2 or newer, or any Valkey.",
  },
  redis_unreachable: {
    meaning: "Redis does not answer, or still reads its data.",
    fix: "Start it, or correct `DROPCAST_REDIS_URL`; without that variable Dropcast brings its own.",
  },
  redis_url_invalid: {
    meaning: "`DROPCAST_REDIS_URL` is not an address of a Redis.",
    fix: "Write it as `redis://host:6379`, `rediss://user:password@host:6379` (TLS) or `unix:///path/to/redis.sock`; percent-encode special characters in the password.",
  },
  redis_went_back: {
    meaning:
      "`doctor --nothing-lost` was given, and a worker remembers claims that this Redis does not have: it is an older copy.",
    fix: "Bring the newer data back, or go on with `dropcast doctor --accept-rollback`.",
  },
  schema_newer: {
    meaning: "A newer version of Dropcast has laid out the data of this number in Redis.",
    fix: "Run that version, or a newer one.",
  },
});
