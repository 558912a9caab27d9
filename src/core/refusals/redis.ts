import { catalogue } from "./catalogue.ts";

/** Redis and its data folder. */
export const REDIS = catalogue(503, {
  backup_damaged: {
    meaning:
      "A backup was cut off or changed: its length or checksum is wrong. Nothing was restored.",
    fix: "Use another copy of it, or an older backup.",
    http: 422,
  },
  backup_exists: {
    meaning:
      "The file that a backup is to be written to exists already, or an unfinished one (`FILE.partial`).",
    fix: "Give another name: a backup never replaces a file. `FILE.partial` may be deleted if no other backup is running.",
    http: 409,
  },
  backup_key_invalid: {
    meaning: "A file with the key of backups cannot be read, or holds no key.",
    fix: "It holds one line: an age key (`age1…` or `AGE-SECRET-KEY-1…`, made by `age-keygen`) or a passphrase of 16 characters or more.",
    http: 422,
  },
  backup_key_needed: {
    meaning: "A backup is encrypted, and no key that can decrypt it was given.",
    fix: "Name the file with the private key or the passphrase: `--key-file FILE`.",
    http: 422,
  },
  backup_key_wrong: {
    meaning: "A backup was not encrypted for this key.",
    fix: "Use the key that it was made with, or the private key that belongs to it.",
    http: 422,
  },
  backup_not_allowed: {
    meaning:
      "Redis does not send a copy of its data to this user (`SYNC`; of a cluster also `CLUSTER NODES`), or does not take one (`RESTORE`), or the service forbids it.",
    fix: "Allow it (`ACL SETUSER … +sync +restore +cluster|nodes`), or use the snapshots of your provider.",
  },
  backup_slots_moved: {
    meaning:
      "A hash slot of the Redis Cluster was moving, had no owner, or changed its node while the backup was made: keys could be missing, so no file was left.",
    fix: "Run the same command again when no slot moves.",
  },
  backup_unreadable: {
    meaning:
      "A file cannot be read as a backup: it is not there, is something else, or has a newer format.",
    fix: "Check the path; use the version of Dropcast that made it, or newer.",
    http: 422,
  },
  restore_needs_newer_redis: {
    meaning: "A backup comes from a newer Redis than the one that should read or take it.",
    fix: "Install that version of Redis or a newer one, here and where the data is to go.",
    http: 409,
  },
  restore_not_empty: {
    meaning: "A backup is restored into an empty Redis only, and this one holds data of Dropcast.",
    fix: "Stop all processes of Dropcast, and name another Redis or move the data folder aside.",
    http: 409,
  },
  restore_unfinished: {
    meaning: "A restore of a backup into this Redis did not end.",
    fix: "Run `dropcast restore` with the same file again: it continues.",
  },
  data_dir_full: {
    meaning: "The disk of the data folder is full.",
    fix: "Free some space, or set `DROPCAST_DATA_DIR` to a folder on another disk.",
    http: 507,
  },
  data_dir_not_writable: {
    meaning:
      "Redis cannot store its data in the data folder: it belongs to another user, is read-only or is not a folder.",
    fix: "Make it writable for this user, or set `DROPCAST_DATA_DIR` to one that is.",
    http: 500,
  },
  redis_async_replica: {
    meaning:
      "Redis has asynchronous replicas. After a failover the last second of writes may be missing, and messages of that second would be sent twice.",
    fix: "Set `DROPCAST_REDIS_DURABILITY=replicas:R`, use a Redis without automatic failover, or set `DROPCAST_ALLOW_UNSAFE_REDIS=1` to accept the risk.",
  },
  redis_cluster: {
    meaning: "Redis is a node of a Redis Cluster, and the address names one endpoint.",
    fix: "Write `redis-cluster://host1:6379,host2:6379` (with TLS `rediss-cluster://`) in `DROPCAST_REDIS_URL`; the refusal names the nodes.",
  },
  redis_download_failed: {
    meaning:
      "The distribution's Redis could not be downloaded. It only appears as the reason in `redis_not_found`.",
    fix: "Install Redis or Valkey, or set `DROPCAST_REDIS_URL`.",
  },
  redis_evicts: {
    meaning:
      "Redis deletes records when its memory is full (`maxmemory-policy` is not `noeviction`), or has deleted some since it started.",
    fix: "Run `CONFIG SET maxmemory-policy noeviction` and put the same line in its configuration. If keys were deleted while Dropcast was in use, restore a backup into an empty Redis. Without one, cancel each campaign that has not ended (`DROPCAST_ALLOW_UNSAFE_REDIS=1 dropcast cancel ID` lets that one command through), and import the opt-outs again in the same way. Only then run `CONFIG RESETSTAT`: it lets sending go on.",
  },
  redis_failed: {
    meaning:
      "The embedded Redis did not start, or a running one cannot be used. The message has the last lines of its log.",
    fix: "Check `redis/redis.log` in the data folder. If the append-only file is damaged, copy the folder before you repair it.",
  },
  redis_lost: {
    meaning:
      "Redis stopped answering during a command, or could not write; the message names the problem (`OOM`, `READONLY`, `MISCONF` …).",
    fix: "Nothing is lost. Follow the message, check with `dropcast doctor`, then run the command again.",
  },
  redis_no_log: {
    meaning:
      "`DROPCAST_REDIS_DURABILITY=log` declares a service that writes to a replicated log before it answers, but Redis behaves as a plain one: it answers `CONFIG`, and its settings are not safe.",
    fix: "Set `DROPCAST_REDIS_DURABILITY` to `fsync`, or to `replicas:R` if it has R replicas.",
  },
  redis_no_wait: {
    meaning:
      "With `DROPCAST_REDIS_DURABILITY=replicas:R` each claim waits for replicas, but the user of Redis may use neither `WAITAOF` nor `WAIT`.",
    fix: "Allow the user `+waitaof` and `+wait` (docs/redis.md has all that it needs).",
  },
  redis_not_durable: {
    meaning:
      "Redis may lose confirmed writes: no append-only file, `appendfsync` is not `always`, or `no-appendfsync-on-rewrite` is on. Messages could be sent twice after a crash. With `replicas:R` claims wait for disks or replicas, but outcomes, lists and changes by people do not.",
    fix: "Run the `CONFIG SET` commands that the refusal names and put the same lines in its configuration, or set `DROPCAST_ALLOW_UNSAFE_REDIS=1` to accept the risk.",
  },
  redis_not_found: {
    meaning: "No Redis or Valkey 6.2 or newer is on PATH, and none could be downloaded.",
    fix: "Run the install command that the refusal names, or set `DROPCAST_REDIS_URL` to a Redis that you already run.",
  },
  redis_read_only: {
    meaning: "Redis is a replica and takes no writes.",
    fix: "Set `DROPCAST_REDIS_URL` to its primary.",
  },
  redis_replicas_behind: {
    meaning:
      "With `DROPCAST_REDIS_DURABILITY=replicas:R` fewer than R replicas of Redis have the last change. A failover could lose it, so nothing is sent, and a change by a person is not reported as done.",
    fix: "Look at the replicas of Redis, their disks and their network. Sending continues by itself when they have caught up; then repeat what was refused.",
  },
  redis_settings_hidden: {
    meaning:
      "Redis does not report all its settings (managed services often forbid `CONFIG`). Those in INFO (`appendonly`, `maxmemory-policy`) were checked; the others cannot be.",
    fix: "Check with the provider that it keeps every confirmed write; then set `DROPCAST_ALLOW_UNSAFE_REDIS=1` to vouch for it.",
  },
  redis_silent: {
    meaning: "The embedded Redis runs but has not answered for a minute.",
    fix: "End its process (see `redis/redis.pid` in the data folder) and start again: nothing is lost.",
  },
  redis_too_old: {
    meaning: "Redis is older than 6.2.",
    fix: "Use Redis 6.2 or newer, or any Valkey.",
  },
  redis_unreachable: {
    meaning:
      "Redis does not answer, or is still loading its data. Of a Redis Cluster or Sentinels the message names the numbers, the node and the reason.",
    fix: "Start it, or correct `DROPCAST_REDIS_URL`; without that variable Dropcast starts its own. `dropcast doctor` shows each node of a cluster, and works while some are away.",
  },
  redis_url_invalid: {
    meaning: "`DROPCAST_REDIS_URL` is not a valid Redis address.",
    fix: "Write it as `redis://host:6379`, `rediss://user:password@host:6379` (TLS), `redis-cluster://host1:6379,host2:6379`, `redis-sentinel://host1:26379,host2:26379/mymaster` or `unix:///path/to/redis.sock`; percent-encode special characters in the password.",
  },
  redis_topology: {
    meaning:
      "`DROPCAST_REDIS_URL` does not fit what answers there: a Sentinel, a Redis that is not part of a cluster, a master that the Sentinels do not know.",
    fix: "Write the address that the refusal names.",
  },
  redis_unconfirmed: {
    meaning:
      "Messages were to be sent again while it is not known whether Redis lacks any: it went back in time and a person must decide, or it was started and no worker has confirmed it yet.",
    fix: "`dropcast doctor` says which. Decide with `dropcast doctor --accept-rollback` or `--nothing-lost`; or start a worker, and try again after some seconds.",
  },
  redis_went_back: {
    meaning:
      "`doctor --nothing-lost` was given, but a worker remembers claims that this Redis does not have: it is an older copy.",
    fix: "Restore the newer data, or continue with `dropcast doctor --accept-rollback`.",
  },
  schema_newer: {
    meaning: "A newer version of Dropcast has changed the layout of this number's data in Redis.",
    fix: "Run that version or a newer one.",
  },
});
