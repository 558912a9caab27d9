import { createHmac } from "node:crypto";

/**
 * Webhooks as they are documented. verify.test.ts compares what the product says of a signature
 * with the reference library of Standard Webhooks 1.0.
 */

/** The secret of the official test suites. */
export const WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
export const OTHER_WEBHOOK_SECRET = "whsec_plJ3nmyCDGBKInavdOK15jsl";

export interface WebhookVector {
  readonly name: string;
  readonly secret: string;
  readonly id: string;
  readonly timestamp: number;
  readonly body: string;
  readonly signature: string;
}

/** Known signatures: of the official suites, of the public playground, and computed by hand. */
export const WEBHOOK_VECTORS: readonly WebhookVector[] = [
  {
    name: "the official vector",
    secret: WEBHOOK_SECRET,
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    timestamp: 1614265330,
    body: '{"test": 2432232314}',
    signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  },
  {
    name: "the playground's sample",
    secret: OTHER_WEBHOOK_SECRET,
    id: "msg_loFOjxBNrRLzqYUf",
    timestamp: 1731705121,
    body: '{"event_type":"ping","data":{"success":true}}',
    signature: "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
  },
  {
    name: "LiveChat's read sample, minified",
    secret: WEBHOOK_SECRET,
    id: "msg_test_0001",
    timestamp: 1727862653,
    body: '{"type":"message.status","timestamp":"2024-10-02T09:50:53.124072075Z","data":{"id":"wamid.HBgLNDg2MDk2NTU5MTEVAgARGBJGOERCNzY1MTdBQUE4REM3RUMA","status":"read","timestamp":1727862652,"recipient_id":"48635625362"}}',
    signature: "v1,tBUmYIvw6mNaa/IjHrrMOF1EDZxmixddYq97AMYT2Jo=",
  },
  {
    name: "a body beyond ASCII",
    secret: WEBHOOK_SECRET,
    id: "msg_test_0002",
    timestamp: 1727862653,
    body: '{"test":"żółć 🎉"}',
    signature: "v1,x9wtxEJio+E+Qu0YZzi3DLEypbne8tD/ZItx02XV0+Y=",
  },
];

/** The four samples of LiveChat's page, as printed there. */
export const WEBHOOK_SAMPLES = {
  sent: `{
"type": "message.status",
"timestamp": "2024-10-02T09:50:37.917941416Z",
"data": {
"id": "wamid.HBgLNDg2MDk2NTU5MTEVAgARGBJGOERCNzY1MTdBQUE4REM3RUMA",
"status": "sent",
"timestamp": 1727862637,
"conversation": {
"id": "8eaad41770498bb225fa838b44c2531b",
"origin": {
"type": "marketing"
},
"expiration_timestamp": 1727949060
},
"pricing": {
"billable": true,
"pricing_model": "CBP",
"category": "marketing"
},
"recipient_id": "48635625362"
}
}`,
  delivered: `{
"type": "message.status",
"timestamp": "2024-10-02T09:50:38.917102501Z",
"data": {
"id": "wamid.HBgLNDg2MDk2NTU5MTEVAgARGBJGOERCNzY1MTdBQUE4REM3RUMA",
"status": "delivered",
"timestamp": 1727862637,
"conversation": {
"id": "8eaad41770498bb225fa838b44c2531b",
"origin": {
"type": "marketing"
}
},
"pricing": {
"billable": true,
"pricing_model": "CBP",
"category": "marketing"
},
"recipient_id": "48635625362"
}
}`,
  read: `{
"type": "message.status",
"timestamp": "2024-10-02T09:50:53.124072075Z",
"data": {
"id": "wamid.HBgLNDg2MDk2NTU5MTEVAgARGBJGOERCNzY1MTdBQUE4REM3RUMA",
"status": "read",
"timestamp": 1727862652,
"recipient_id": "48635625362"
}
}`,
  failed: `{
"type": "message.status",
"timestamp": "2024-10-02T10:13:41.724930177Z",
"data": {
"id": "wamid.HBgMNDg2MDk2NTU5MTExFQIAERgSMTQ4MUY0NkZBQzQwQzYxMDNBAA==",
"status": "failed",
"timestamp": 1727864020,
"errors": [
{
"code": 131026,
"title": "Message undeliverable",
"message": "Message undeliverable",
"error_data": {
"details": "Message Undeliverable."
}
}
],
"recipient_id": "48635625362"
}
}`,
} as const;

/** The three headers of one attempt to deliver `body`. */
export type WebhookHeaders = Record<
  "webhook-id" | "webhook-timestamp" | "webhook-signature",
  string
>;

/** Signs as a sender does. `timestamp` is in seconds, default now. */
export function signWebhook(
  body: string | Buffer,
  options: { secret?: string; id?: string; timestamp?: number | string } = {},
): WebhookHeaders {
  const id = options.id ?? "msg_test";
  const timestamp = String(options.timestamp ?? Math.floor(Date.now() / 1000));
  const key = Buffer.from((options.secret ?? WEBHOOK_SECRET).replace(/^whsec_/, ""), "base64");
  const signature = createHmac("sha256", key)
    .update(`${id}.${timestamp}.`)
    .update(body)
    .digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${signature}`,
  };
}
