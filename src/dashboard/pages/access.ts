/**
 * The page Access: who may come in, and what may be changed about it. For admins of all numbers;
 * what can be done with the API is done by the same functions, so it is in the audit.
 */
import { Hono } from "hono";
import { html } from "hono/html";
import { endSession } from "../../access/sessions.ts";
import { addToken, type MadeToken, removeToken, type TokenDeps } from "../../access/tokens.ts";
import {
  addUser,
  changeUser,
  numbersWords,
  removeUser,
  type UserDeps,
} from "../../access/users.ts";
import {
  type ApiContext,
  type ApiEnv,
  actorOf,
  refuseLimited,
  refuseRole,
} from "../../api/access.ts";
import type { Answer } from "../../api/answer.ts";
import type { OidcConfig } from "../../config/access.ts";
import { ROLES, type Role } from "../../core/access.ts";
import type { Actor } from "../../core/act.ts";
import { accept, type Result, refuse } from "../../core/refusal.ts";
import { plainProblem, toProblem } from "../../http/problem.ts";
import type { ApiToken, Session, Sessions, User } from "../../store/index.ts";
import { readFields } from "./form-fields.ts";
import { moment } from "./format.ts";
import { type Html, page } from "./layout.ts";

interface AccessPageDeps extends UserDeps, TokenDeps {
  readonly sessions: Sessions;
  readonly oidc: OidcConfig | null;
  /** A campaign of more messages needs a second person; null: none does. */
  readonly secondPersonAbove: number | null;
  readonly answer: Answer;
}

const DAY_MS = 24 * 3_600_000;

export function addAccessPages(app: Hono<ApiEnv>, deps: AccessPageDeps): void {
  const { answer, sessions } = deps;
  const pages = new Hono<ApiEnv>();

  pages.use(async (context, next) => {
    const access = context.get("access");
    const refused = refuseRole(access, "admin") ?? refuseLimited(access);
    return refused === null ? next() : answer(context, toProblem(refused));
  });

  pages.get("/", (context) => show(context, null));

  pages.post("/users", (context) =>
    act(context, async (fields, by) => {
      const [name, password] = [textOf(fields, "name"), textOf(fields, "password")];
      const access = accessOf(fields);
      return access.ok ? addUser(deps, { name, password, ...access.value }, by) : access;
    }),
  );
  pages.post("/users/:name/password", (context) =>
    act(context, (fields, by) =>
      changeUser(deps, nameIn(context), { password: textOf(fields, "password") }, by),
    ),
  );
  pages.post("/users/:name/access", (context) =>
    act(context, async (fields, by) => {
      const access = accessOf(fields);
      return access.ok ? changeUser(deps, nameIn(context), { access: access.value }, by) : access;
    }),
  );
  pages.post("/users/:name/disable", (context) =>
    act(context, (_, by) => changeUser(deps, nameIn(context), { disabled: true }, by)),
  );
  pages.post("/users/:name/enable", (context) =>
    act(context, (_, by) => changeUser(deps, nameIn(context), { disabled: false }, by)),
  );
  pages.post("/users/:name/remove", (context) =>
    act(context, (_, by) => removeUser(deps, nameIn(context), by)),
  );
  pages.post("/tokens/:name/remove", (context) =>
    act(context, (_, by) => removeToken(deps, nameIn(context), by)),
  );
  pages.post("/sessions/:name/end", (context) =>
    act(context, (_, by) => endSession(deps, nameIn(context), by)),
  );

  // The token is shown in this one answer: after a redirect it could not be.
  pages.post("/tokens", async (context) => {
    const read = await readFields(context);
    if (!read.ok) return answer(context, toProblem(read));
    const days = textOf(read.value, "days");
    if (!/^\d{0,4}$/.test(days)) return answer(context, BODY_INVALID);
    const access = accessOf(read.value);
    if (!access.ok) return answer(context, toProblem(access));
    const lastsMs = Number(days) === 0 ? null : Number(days) * DAY_MS;
    const wanted = { name: textOf(read.value, "name"), ...access.value, lastsMs };
    const made = await addToken(deps, wanted, actorOf(context.get("access")));
    return made.ok ? show(context, made.value) : answer(context, toProblem(made));
  });

  app.route("/access", pages);

  async function act(
    context: ApiContext,
    does: (fields: URLSearchParams, by: Actor) => Promise<Result<unknown>>,
  ): Promise<Response> {
    const fields = await readFields(context);
    if (!fields.ok) return answer(context, toProblem(fields));
    const result = await does(fields.value, actorOf(context.get("access")));
    return result.ok ? context.redirect("/access", 303) : answer(context, toProblem(result));
  }

  async function show(context: ApiContext, made: MadeToken | null): Promise<Response> {
    const [users, tokens, open] = await Promise.all([
      ...([deps.users.list(), deps.tokens.list(), sessions.list()] as const),
    ]);
    const own = context.get("access").session;
    const main = html`
      <h1>Access</h1>
      ${made === null ? "" : madeBox(made)}
      ${usersCard(users, deps.numbers)}
      ${tokensCard(tokens, deps.numbers)}
      ${sessionsCard(open, own)}
      ${settingsCard(deps)}`;
    return page(context, { title: "Access", kind: "still", main });
  }
}

const BODY_INVALID = plainProblem("dashboard_body_invalid");

function textOf(fields: URLSearchParams, name: string): string {
  return fields.get(name) ?? "";
}

function nameIn(context: ApiContext): string {
  return context.req.param("name") ?? "";
}

/** All numbers only if that was chosen: a form without a choice is refused. */
function accessOf(
  fields: URLSearchParams,
): Result<{ readonly role: Role; readonly numbers: readonly string[] | null }> {
  const role = ROLES.find((one) => one === fields.get("role"));
  const scope = fields.get("scope");
  const numbers = scope === "all" ? null : fields.getAll("numbers");
  if (role !== undefined && /^(?:all|only)$/.test(scope ?? "")) return accept({ role, numbers });
  return refuse(
    "dashboard_body_invalid",
    role === undefined ? "The form names no known role." : "The form does not say which numbers.",
    "Choose a role, and All numbers or Only these.",
  );
}

function madeBox({ name, token }: MadeToken): Html {
  return html`<section class="card note" role="status">
    <h2>Token ${name}</h2>
    <p><code>${token}</code></p>
    <p>It is shown only now: store it in a safe place.</p>
  </section>`;
}

/** `now.numbers` undefined: nothing is chosen yet. */
function accessFields(
  id: string,
  configured: readonly string[],
  now: { readonly role: Role; readonly numbers?: ReadonlySet<string> | null },
): Html {
  // Those that are no longer configured are shown, too: else the form could not keep them.
  const held = now.numbers ?? new Set<string>();
  const scope = (value: string, words: string, isChosen: boolean) =>
    html`<label><input type="radio" name="scope" value="${value}" required${isChosen ? html` checked` : ""}> ${words}</label> `;
  return html`<p><label for="${id}-role">Role</label>
      <select id="${id}-role" name="role">
        ${ROLES.map((role) => html`<option value="${role}"${role === now.role ? html` selected` : ""}>${role}</option>`)}
      </select></p>
    <fieldset><legend>Numbers</legend>
      ${scope("all", "All numbers", now.numbers === null)}
      ${scope("only", "Only these:", now.numbers instanceof Set)}
      ${[...new Set([...configured, ...held])].map((name) => html`<label><input type="checkbox" name="numbers" value="${name}"${held.has(name) ? html` checked` : ""}> ${name}${configured.includes(name) ? "" : " (not configured)"}</label> `)}
    </fieldset>`;
}

const NEW = { role: "viewer" } as const;

function usersCard(users: readonly User[], numbers: readonly string[]): Html {
  return html`<section class="card" aria-labelledby="users">
    <h2 id="users">Users</h2>
    ${
      users.length === 0
        ? html`<p class="quiet">There are no users yet: all people sign in with the dashboard’s password, and the audit cannot tell them apart.</p>`
        : html`<div class="scroll"><table class="list"><thead><tr><th scope="col">Name</th><th scope="col">Role</th><th scope="col">Numbers</th><th scope="col">Created</th><th scope="col">Last used</th><th scope="col">Change</th></tr></thead>
          <tbody>${users.map((user) => userRow(user, numbers))}</tbody></table></div>`
    }
    <details><summary>Add a user…</summary>
      <form class="entry" method="post" action="/access/users">
        <p><label for="new-user">Name</label><input id="new-user" name="name" required maxlength="64" pattern="[a-z0-9][a-z0-9._@\\-]*" autocomplete="off" autocapitalize="none" spellcheck="false"></p>
        <p><label for="new-password">Password, 12 characters or more</label><input id="new-password" name="password" type="password" required minlength="12" maxlength="1024" autocomplete="new-password"></p>
        ${accessFields("new-user", numbers, NEW)}
        <p><button class="main">Add the user</button></p>
      </form>
    </details>
  </section>`;
}

function userRow(user: User, numbers: readonly string[]): Html {
  const { name, role, createdAt, lastUsedAt, disabled } = user;
  const at = `/access/users/${encodeURIComponent(name)}`;
  const other = disabled ? "enable" : "disable";
  return html`<tr>
    <th scope="row">${name}${disabled ? html` <span class="badge">disabled</span>` : ""}</th>
    <td>${role}</td><td>${numbersWords(user.numbers)}</td>
    <td>${moment(createdAt)}</td><td>${lastUsedAt === null ? "never" : moment(lastUsedAt)}</td>
    <td><details><summary>Change ${name}…</summary>
      <form class="entry" method="post" action="${at}/access">${accessFields(`u-${name}`, numbers, user)}<p><button>Set role and numbers</button></p></form>
      <form class="entry" method="post" action="${at}/password"><p><label for="p-${name}">New password</label><input id="p-${name}" name="password" type="password" required minlength="12" maxlength="1024" autocomplete="new-password"></p><p><button>Set password</button></p></form>
      <p class="quiet">Each change ends all sessions of ${name}.</p>
      <form class="entry" method="post" action="${at}/${other}"><button>${disabled ? "Enable" : "Disable"} ${name}</button></form>
      <form class="entry" method="post" action="${at}/remove"><button class="danger">Remove ${name}</button></form>
    </details></td>
  </tr>`;
}

function tokensCard(tokens: readonly ApiToken[], numbers: readonly string[]): Html {
  return html`<section class="card" aria-labelledby="tokens">
    <h2 id="tokens">Tokens of the HTTP API</h2>
    ${
      tokens.length === 0
        ? html`<p class="quiet">No script has a token.</p>`
        : html`<div class="scroll"><table class="list"><thead><tr><th scope="col">Name</th><th scope="col">Role</th><th scope="col">Numbers</th><th scope="col">Created</th><th scope="col">Last used</th><th scope="col">Expires</th><th scope="col">Remove</th></tr></thead>
          <tbody>${tokens.map(tokenRow)}</tbody></table></div>`
    }
    <details><summary>Make a token…</summary>
      <form class="entry" method="post" action="/access/tokens">
        <p><label for="new-token">Name</label><input id="new-token" name="name" required maxlength="64" pattern="[A-Za-z0-9][A-Za-z0-9._\\-]*" autocomplete="off" autocapitalize="none" spellcheck="false"></p>
        ${accessFields("new-token", numbers, NEW)}
        <p><label for="days">Days until it expires (empty: never)</label><input id="days" name="days" inputmode="numeric" pattern="[0-9]{0,4}" value="90"></p>
        <p><button class="main">Make the token</button></p>
      </form>
    </details>
  </section>`;
}

function tokenRow({ name, role, numbers, createdAt, lastUsedAt, expiresAt }: ApiToken): Html {
  const isOver = expiresAt !== null && expiresAt <= Date.now();
  return html`<tr>
    <th scope="row">${name}</th><td>${role}</td><td>${numbersWords(numbers)}</td>
    <td>${moment(createdAt)}</td><td>${lastUsedAt === null ? "never" : moment(lastUsedAt)}</td>
    <td>${expiresAt === null ? "never" : moment(expiresAt)}${isOver ? html` <span class="badge">expired</span>` : ""}</td>
    <td><form method="post" action="/access/tokens/${encodeURIComponent(name)}/remove"><button class="danger">Remove ${name}</button></form></td>
  </tr>`;
}

function sessionsCard(sessions: readonly Session[], own: string | undefined): Html {
  if (sessions.length === 0) return html``;
  return html`<section class="card" aria-labelledby="sessions">
    <h2 id="sessions">Browsers that are signed in</h2>
    <div class="scroll"><table class="list"><thead><tr><th scope="col">Who</th><th scope="col">From</th><th scope="col">Since</th><th scope="col">Last used</th><th scope="col">End</th></tr></thead>
      <tbody>${sessions.map(
        ({ id, who, from, createdAt, usedAt }) => html`<tr>
          <th scope="row">${who}${id === own ? html` <span class="badge">this one</span>` : ""}</th>
          <td>${from}</td><td>${moment(createdAt)}</td><td>${moment(usedAt)}</td>
          <td><form method="post" action="/access/sessions/${id}/end"><button>End the session</button></form></td>
        </tr>`,
      )}</tbody></table></div>
  </section>`;
}

function settingsCard({ oidc, secondPersonAbove }: AccessPageDeps): Html {
  const groups = [...(oidc?.roles ?? [])].map(
    ([group, { role, numbers }]) => `${group}: ${role}, numbers ${numbersWords(numbers)}`,
  );
  const facts: readonly (readonly [string, Html | string])[] = [
    ["Single sign-on", oidc === null ? "off" : oidc.issuer],
    ...(oidc === null
      ? []
      : ([
          ["Client", oidc.clientId],
          ["Names come from the claim", oidc.nameClaim],
          [
            `Groups (claim ${oidc.groupsClaim})`,
            html`<ul>${groups.map((one) => html`<li>${one}</li>`)}</ul>`,
          ],
        ] as const)),
    [
      "A second person approves",
      secondPersonAbove === null
        ? "no campaign"
        : `campaigns of more than ${secondPersonAbove.toLocaleString("en-US")} messages`,
    ],
  ];
  return html`<section class="card" aria-labelledby="settings">
    <h2 id="settings">Settings</h2>
    <dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    <p class="quiet">They are in the block access of the file that DROPCAST_CONFIG names.</p>
  </section>`;
}
