import { isoTime } from "../core/format.ts";
import type { ApiToken, User } from "../store/index.ts";

/** Users and tokens as JSON, for the command line and for the API: without what opens anything. */

export function userJson({ name, role, numbers, disabled, createdAt, lastUsedAt }: User) {
  return {
    ...{ name, role, numbers: numbers === null ? null : [...numbers], disabled },
    ...{ createdAt: isoTime(createdAt), lastUsedAt: isoTime(lastUsedAt) },
  };
}

export function tokenJson({ name, role, numbers, createdAt, expiresAt, lastUsedAt }: ApiToken) {
  return {
    ...{ name, role, numbers: numbers === null ? null : [...numbers] },
    ...{ createdAt: isoTime(createdAt), expiresAt: isoTime(expiresAt) },
    lastUsedAt: isoTime(lastUsedAt),
  };
}
