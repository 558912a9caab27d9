import { Redis, type RedisOptions } from "ioredis";
import type { RedisAddress, RedisClusterAddress } from "../core/redis-address.ts";
import { SentinelConnector } from "./sentinel-connector.ts";

/** What one client connects to: one endpoint, or the owner of some hash slots of a cluster. */
export type RedisPlace = Exclude<RedisAddress, RedisClusterAddress> | ShardPlace;

/** The owner of some hash slots. */
export interface ShardPlace {
  readonly kind: "shard";
  readonly address: RedisClusterAddress;
  readonly Connector: NonNullable<RedisOptions["Connector"]>;
  /** Is told of each error that Redis answers. */
  readonly onReply: (error: Error) => void;
}

/** Answers of a node that takes no writes (any more): look for the one that does. */
const ELSEWHERE = /^READONLY/;
/** How long a Sentinel may take for an answer, ms. */
const SENTINEL_MS = 1_000;

/** A plain client of a place. The caller adds what it does while Redis is away. */
export function openClient(place: RedisPlace, own: Omit<RedisOptions, "replyMapping">): Redis {
  // 1: reconnect, but send nothing again. With 2, the promises of a MULTI would never settle.
  const reconnectOnError = (error: Error): false | 1 => {
    if (place.kind === "shard") place.onReply(error);
    return ELSEWHERE.test(error.message) ? 1 : false;
  };
  const options = { ...own, reconnectOnError };
  switch (place.kind) {
    case "socket":
      return new Redis(place.path, options);
    case "url":
      return new Redis(place.url, options);
    case "sentinel": {
      const { sentinels, master, db, sentinelLogin, tls, servername } = place;
      const secure = servername === undefined ? {} : { servername };
      return new Redis({
        ...{ ...options, ...given(place.login), sentinels: [...sentinels], name: master, db },
        ...(sentinelLogin.username === undefined
          ? {}
          : { sentinelUsername: sentinelLogin.username }),
        ...(sentinelLogin.password === undefined
          ? {}
          : { sentinelPassword: sentinelLogin.password }),
        ...(tls ? { tls: secure, sentinelTLS: secure, enableTLSForSentinelMode: true } : {}),
        ...{ sentinelCommandTimeout: SENTINEL_MS, updateSentinels: true },
        ...{ sentinelRetryStrategy: () => null, Connector: SentinelConnector },
      });
    }
    case "shard": {
      const { address, Connector } = place;
      return new Redis({
        ...{ ...options, ...given(address.login), Connector },
        ...(address.tls ? { tls: {} } : {}),
      });
    }
  }
}

function given(login: { username: string | undefined; password: string | undefined }) {
  return {
    ...(login.username === undefined ? {} : { username: login.username }),
    ...(login.password === undefined ? {} : { password: login.password }),
  };
}
