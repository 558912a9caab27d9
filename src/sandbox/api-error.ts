/** A complete error answer of the simulated API, from its own reading of Meta's error page. */
export interface ApiError {
  readonly httpStatus: number;
  /** Meta's error code; 0 if the body has none. */
  readonly code: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface MetaError {
  readonly httpStatus: number;
  readonly title: string;
  readonly details: string;
}

/** Code, official HTTP status, title and details (Meta error codes page, 2025-11-14). */
const META_ERRORS: ReadonlyMap<number, MetaError> = new Map(
  (
    [
      [0, 401, "AuthException", "We were unable to authenticate the app user."],
      [1, 400, "API Unknown", "Invalid request or possible server error."],
      [2, 503, "API Service", "Temporary due to downtime or due to being overloaded."],
      [3, 500, "API Method", "Capability or permissions issue."],
      [4, 400, "API Too Many Calls", "The app has reached its API call rate limit."],
      [10, 403, "Permission Denied", "Permission is either not granted or has been removed."],
      [33, 400, "Parameter value is not valid", "The business phone number has been deleted."],
      [100, 400, "Invalid parameter", "The request has an unsupported or misspelled parameter."],
      [190, 401, "Access token has expired", "Your access token has expired."],
      [200, 403, "API Permission", "Permission is either not granted or has been removed."],
      [368, 403, "Temporarily blocked for policies violations", "The account is restricted."],
      [
        80007,
        400,
        "Rate limit issues",
        "The WhatsApp Business Account has reached its rate limit.",
      ],
      [130429, 400, "Rate limit hit", "Cloud API message throughput has been reached."],
      [130472, 400, "User's number is part of an experiment", "Message was not sent."],
      [130497, 403, "Business account is restricted", "Messaging this country is restricted."],
      [131000, 500, "Something went wrong", "Message failed to send due to an unknown error."],
      [131005, 403, "Access denied", "Permission is either not granted or has been removed."],
      [131008, 400, "Required parameter is missing", "A required parameter is missing."],
      [131009, 400, "Parameter value is not valid", "One or more parameter values are invalid."],
      [131016, 500, "Service unavailable", "A service is temporarily unavailable."],
      [131021, 400, "Recipient cannot be sender", "Sender and recipient numbers are the same."],
      [131026, 400, "Message undeliverable", "Message Undeliverable."],
      [131031, 403, "Account has been locked", "The account has been restricted or disabled."],
      [131042, 400, "Business eligibility payment issue", "There is a payment method problem."],
      [131045, 500, "Incorrect certificate", "Phone number registration error."],
      [131047, 400, "Re-engagement message", "More than 24 hours since the last reply."],
      [131048, 400, "Spam rate limit hit", "The number is restricted for low quality."],
      [131049, 400, "Meta chose not to deliver", "To maintain healthy ecosystem engagement."],
      [131050, 400, "User has stopped marketing messages", "The recipient chose to stop them."],
      [131051, 400, "Unsupported message type", "Unsupported message type."],
      [131053, 400, "Media upload error", "Unable to upload the media used in the message."],
      [131056, 400, "Pair rate limit hit", "Too many messages to the same recipient."],
      [131057, 500, "Account in maintenance mode", "The account is in maintenance mode."],
      [132000, 400, "Template param count mismatch", "Number of parameters does not match."],
      [132001, 404, "Template does not exist", "Template name does not exist in the translation."],
      [132005, 400, "Template hydrated text too long", "Translated text too long."],
      [132007, 400, "Template format character policy violated", "Content violates a policy."],
      [132012, 400, "Template parameter format mismatch", "Parameter format does not match."],
      [132015, 400, "Template is paused", "The template is paused due to low quality."],
      [132016, 400, "Template is disabled", "The template has been permanently disabled."],
      [132018, 400, "Template parameter issue", "A value has a new-line, tab or 5 spaces."],
      [133000, 500, "Incomplete deregistration", "A previous deregistration attempt failed."],
      [133004, 503, "Server temporarily unavailable", "The server is temporarily unavailable."],
      [133010, 400, "Phone number not registered", "The phone number is not registered."],
      [135000, 400, "Generic user error", "Message failed because of an unknown parameter error."],
    ] as const
  ).map(([code, httpStatus, title, details]) => [code, { httpStatus, title, details }]),
);

const JSON_HEADERS = { "content-type": "application/json; charset=utf-8" } as const;

/** Meta's entry for a code; codes that it does not list are HTTP 400. */
export function metaError(code: number): MetaError {
  return (
    META_ERRORS.get(code) ?? {
      httpStatus: 400,
      title: `Error ${code}`,
      details: "The sandbox has no text for this error.",
    }
  );
}

/** An error with Meta's body and the code's official HTTP status. */
export function metaRefusal(code: number, details?: string): ApiError {
  const known = metaError(code);
  return {
    httpStatus: known.httpStatus,
    code,
    headers: JSON_HEADERS,
    body: JSON.stringify({
      error: {
        message: `(#${code}) ${known.title}`,
        type: "OAuthException",
        code,
        error_data: { messaging_product: "whatsapp", details: details ?? known.details },
        fbtrace_id: "ASandboxTrace000000000",
      },
    }),
  };
}

/** An error in the style of LiveChat's own APIs: a type, no code. */
export function platformRefusal(
  httpStatus: number,
  type: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): ApiError {
  return {
    httpStatus,
    code: 0,
    headers: { ...JSON_HEADERS, ...headers },
    body: JSON.stringify({ error: { type, message } }),
  };
}
