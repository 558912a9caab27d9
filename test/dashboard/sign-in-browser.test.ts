import { expect, it } from "vitest";
import { hashPassword } from "../../src/access/passwords.ts";
import { CHEAP } from "../api/support.ts";
import { describeInBrowser, openBrowser } from "./browser.ts";
import { accessOf, openDashboard } from "./support.ts";

const HORSE = "correct horse battery";

describeInBrowser("signing in with a browser", () => {
  async function open() {
    const dashboard = await openDashboard({ access: { ...accessOf(), askBy: "page" } });
    for (const [name, role] of [
      ["vera", "viewer"],
      ["ada", "admin"],
    ] as const) {
      const hash = await hashPassword(HORSE, CHEAP);
      await dashboard.access.users.add({ name, role, numbers: null, hash });
    }
    const { page, faults } = await openBrowser(dashboard, { password: null });
    // The answer to a wrong password is a 401, which Chromium reports.
    const errors = () => faults.filter((fault) => !fault.includes("401"));
    const signIn = async (name: string, password: string) => {
      await page.getByLabel("Name").fill(name);
      await page.getByLabel("Password").fill(password);
      await page.getByRole("button", { name: "Sign in" }).click();
    };
    return { ...dashboard, page, signIn, errors };
  }

  it("a wrong password is told, the right one leads to where the browser wanted, and out again", async () => {
    const { test, url, page, signIn, errors } = await open();
    const id = await test.import(1);

    await page.goto(`${url}/campaigns/${id}`);
    await signIn("vera", "wrong");
    const told = await page.getByRole("alert").textContent();
    await signIn("Vera", HORSE);
    await page.waitForURL(`${url}/campaigns/${id}`);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL(`${url}/sign-in`);
    await page.goto(`${url}/campaigns/${id}`);

    expect(told).toContain("The name or the password is wrong.");
    expect(new URL(page.url()).pathname).toBe("/sign-in");
    expect(errors()).toEqual([]);
  });

  it("an admin makes a token and a user on the page Access, which a viewer does not see", async () => {
    const { url, page, signIn, errors, access } = await open();

    await page.goto(`${url}/access`);
    await signIn("ada", HORSE);
    await page.waitForURL(`${url}/access`);
    await page.getByText("Make a token…").click();
    await page.locator("#new-token").fill("ci");
    await page.locator("input[name=scope][value=all]:visible").check();
    await page.getByRole("button", { name: "Make the token" }).click();
    const token = await page.getByRole("status").locator("code").textContent();
    await page.goto(`${url}/access`);
    await page.getByText("Add a user…").click();
    await page.locator("#new-user").fill("bert");
    await page.locator("#new-password").fill("another long one");
    await page.locator("input[name=scope][value=all]:visible").check();
    await page.getByRole("button", { name: "Add the user" }).click();
    await page.waitForURL(`${url}/access`);
    const shown = await page.content();
    await page.getByRole("button", { name: "Sign out" }).click();
    await signIn("vera", HORSE);
    await page.waitForURL(`${url}/`);
    const links = await page.getByRole("link", { name: "Access" }).count();

    expect((await access.tokens.find(token ?? ""))?.name).toBe("ci");
    expect(shown).toContain("bert");
    expect(shown).not.toContain(token);
    expect(links).toBe(0);
    expect(errors()).toEqual([]);
  });
});
