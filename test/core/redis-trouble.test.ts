import { expect, test } from "vitest";
import { explainRedisError, redisTrouble } from "../../src/core/redis-trouble.ts";

test.each([
  ["OOM", "OOM command not allowed when used memory > 'maxmemory'. script: 1a, on @user_script:9."],
  ["READONLY", "READONLY You can't write against a read only replica."],
  ["LOADING", "LOADING Redis is loading the dataset in memory"],
  ["MISCONF", "MISCONF Errors writing to the AOF file: No space left on device"],
  ["CLUSTERDOWN", "CLUSTERDOWN Hash slot not served"],
  ["CLUSTERDOWN", "CLUSTERDOWN The cluster is down"],
  ["CLUSTERDOWN", "Too many Cluster redirections. Last error: Error: Connection is closed."],
  ["MOVED", "MOVED 12501 127.0.0.1:7003"],
  ["ASK", "ASK 12501 127.0.0.1:7003"],
  ["TRYAGAIN", "TRYAGAIN Multiple keys request during rehashing of slot"],
  ["MASTERDOWN", "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to no"],
  ["UNBLOCKED", "UNBLOCKED force unblock from blocking operation, instance state changed"],
  ["SENTINELS", "All sentinels are unreachable. Retrying from scratch after 10ms."],
  ["NOAUTH", "NOAUTH Authentication required."],
  ["WRONGPASS", "WRONGPASS invalid username-password pair or user is disabled."],
  ["NOPERM", "NOPERM this user has no permissions to run the 'evalsha' command"],
  ["BUSY", "BUSY Redis is busy running a script. You can only call SCRIPT KILL."],
  ["NOSCRIPT", "NOSCRIPT No matching script. Please use EVAL."],
  ["MAXCLIENTS", "ERR max number of clients reached"],
  ["TIMEOUT", "Command timed out"],
  [
    "TLS",
    "Hostname/IP does not match certificate's altnames: IP: 10.0.0.1 is not in the cert's list",
  ],
  ["TLS", "self-signed certificate in certificate chain"],
  ["TLS", "unable to verify the first certificate"],
  ["TLS", "0A00010B:SSL routines:ssl3_get_record:wrong version number"],
  ["TLS", "Client network socket disconnected before secure TLS connection was established"],
  ["UNREACHABLE", "Connection is closed."],
  ["UNREACHABLE", "Stream isn't writeable and enableOfflineQueue options is false"],
  ["UNREACHABLE", "connect ECONNREFUSED 127.0.0.1:6379"],
  ["UNREACHABLE", "connect ETIMEDOUT"],
])("%s is named, and there is something to do: %s", (name, message) => {
  const trouble = redisTrouble(new Error(message));
  expect(trouble?.name).toBe(name);
  expect(trouble?.fix).toMatch(/\.$/);
});

test("Redis 6.2 wraps the reply of a command inside a script", () => {
  const wrapped = (reply: string) =>
    new Error(
      `ERR Error running script (call to f_0a1b): @user_script:15: @user_script: 15: ${reply}`,
    );

  expect(redisTrouble(wrapped("-OOM command not allowed when used memory"))?.name).toBe("OOM");
  expect(redisTrouble(wrapped("-READONLY You can't write against"))?.name).toBe("READONLY");
  expect(redisTrouble(wrapped("attempt to index a nil value"))).toBeUndefined();
});

test("a transaction that was given up is named by the command that was refused", () => {
  const given = new Error("EXECABORT Transaction discarded because of previous errors.");
  const refused = new Error("OOM command not allowed when used memory > 'maxmemory'.");

  expect(redisTrouble(Object.assign(given, { previousErrors: [refused] }))?.name).toBe("OOM");
  expect(redisTrouble("EXECABORT Transaction discarded")).toBeUndefined();
});

test.each([
  "ERR user_script:12: attempt to compare nil with number script: 0a, on @user_script:12.",
  "WRONGTYPE Operation against a key holding the wrong kind of value",
  "constructor Redis",
  "",
])("a bug is no trouble: %s", (message) => {
  expect(redisTrouble(new Error(message))).toBeUndefined();
  expect(explainRedisError(new Error(message))).toEqual({
    error: `Error: ${message}`.replace(/: $/, ""),
  });
});
