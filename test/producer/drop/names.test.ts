import { expect, it } from "vitest";
import { type CampaignMatch, readNames, shortStem } from "../../../src/producer/drop/names.ts";

function matchCampaign(list: string, names: readonly string[]): CampaignMatch {
  return readNames(names).match(list);
}

/** `é` in one sign, and as `e` with an accent behind it, as some systems write names. */
const COMPOSED = "caf\u00e9";
const APART = "cafe\u0301";

it.each([
  ["news.csv", "news.yaml"],
  ["news.csv", "news.YAML"],
  ["news.csv", "News.yml"],
  ["NEWS.CSV", "news.json"],
  ["Sale.csv", "sale.yaml"],
  [`${COMPOSED}.csv`, `${APART}.yaml`],
  [`${APART}.csv`, `${COMPOSED.toUpperCase()}.yml`],
  ["a.b.csv", "a.b.yaml"],
])("%s is sent by its own %s, not by the campaign file of the folder", (list, own) => {
  expect(matchCampaign(list, [list, own, "campaign.yaml"])).toEqual({ kind: "own", name: own });
});

it.each(["campaign.yaml", "Campaign.YAML", "campaign.yml", "CAMPAIGN.json"])(
  "a list without a file of its own is sent by %s",
  (shared) => {
    const names = ["news.csv", shared, "other.csv", "other.yaml", "march.yaml"];
    expect(matchCampaign("news.csv", names)).toEqual({ kind: "shared", name: shared });
    expect(matchCampaign("campaign.csv", ["campaign.csv", shared])).toEqual({
      kind: "shared",
      name: shared,
    });
  },
);

it.each([
  [["news.yaml", "news.json"]],
  [["news.yaml", "News.yaml"]],
  [["news.yml", "NEWS.YML", "campaign.yaml"]],
  [["campaign.yaml", "campaign.json"]],
  [["campaign.yaml", "Campaign.yaml"]],
])("which of %s is meant is not clear", (files) => {
  const match = matchCampaign("news.csv", ["news.csv", ...files]);
  expect(match).toMatchObject({ kind: "unclear" });
});

it("a campaign file that two lists may claim is not clear to either", () => {
  const names = ["Sale.csv", "sale.csv", "sale.yaml", "campaign.yaml"];
  for (const list of ["Sale.csv", "sale.csv"]) {
    const why = expect.stringContaining("may belong to it or to");
    expect(matchCampaign(list, names)).toEqual({ kind: "unclear", why });
  }
});

it.each([
  "promo.yaml.part",
  "promo.yaml.filepart",
  ".promo.yaml.swp",
  ".promo.yaml.Xa81bc",
  ".syncthing.promo.yaml.tmp",
  "~syncthing~promo.yml.tmp",
  "~$promo.yaml",
  "promo.yaml~",
  "promo.yaml.bak",
  "promo.yaml.txt",
  "promo.yaml.old",
  "promo.yaml_",
  "promo.csv.yaml",
  "promo (1).yaml",
  "Promo (2).YML",
  "promo - Copy.yaml",
  "promo copy 2.yaml",
  "Copy of promo.yaml",
  "promo_.yaml",
  "promo.txt",
  "promo",
])("beside %s a list does not go by the campaign file of the folder", (name) => {
  const names = ["promo.csv", "campaign.yaml", name];
  expect(matchCampaign("promo.csv", names)).toEqual({ kind: "suspected", name });
});

it("a second copy of a list may be meant for the campaign file of the first", () => {
  const names = ["promo (1).csv", "promo.yaml", "campaign.yaml"];
  expect(matchCampaign("promo (1).csv", names)).toEqual({ kind: "suspected", name: "promo.yaml" });
});

it.each([
  "promotion.yaml",
  "other.promo.yaml",
  "promo.report.json",
  "promo.csv.part",
  "promo.rejects.csv",
  "promo.xlsx",
  "campaign.yaml~",
  ".campaign.yaml.swp",
  "march.yaml",
  ".DS_Store",
])("%s has nothing to do with promo.csv", (name) => {
  const names = ["promo.csv", "campaign.yaml", name];
  expect(matchCampaign("promo.csv", names)).toEqual({ kind: "shared", name: "campaign.yaml" });
});

it("what lies beside a list's own file does not matter", () => {
  const names = ["promo.csv", "promo.yaml", "promo.yaml~", ".promo.yaml.swp", "promo (1).yaml"];
  expect(matchCampaign("promo.csv", names)).toEqual({ kind: "own", name: "promo.yaml" });
});

it("a name near one list's is the file of the list that is called so", () => {
  const names = ["news1.csv", "news1.yaml", "news-1.csv", "campaign.yaml"];
  expect(matchCampaign("news-1.csv", names)).toMatchObject({ kind: "shared" });
});

it("names of signs only are compared as they are", () => {
  const names = ["---.csv", "+++.yaml", "campaign.yaml"];
  expect(matchCampaign("---.csv", names)).toMatchObject({ kind: "shared" });
});

it("a name that is too long to be added to is cut between two characters", () => {
  expect(shortStem("folder/news.csv")).toBe("news");
  expect(shortStem(`${"x".repeat(251)}.csv`)).toBe("x".repeat(180));
  expect(shortStem(`${"\u{1F600}".repeat(60)}.csv`)).toBe("\u{1F600}".repeat(45));
});

it("a folder of many thousands of lists is read once", () => {
  const names = ["campaign.yaml", "extra.yaml"];
  for (let nth = 1; nth <= 20_000; nth++) names.push(`list-${nth}.csv`, `.list-${nth}.tmp`);
  const folder = readNames(names);
  const kinds = new Set(names.slice(2).map((name) => folder.match(name).kind));

  expect(kinds).toEqual(new Set(["shared"]));
  expect(folder.hasListFor("LIST-7.yaml")).toBe(true);
  expect(folder.hasListFor("extra.yaml")).toBe(false);
});
