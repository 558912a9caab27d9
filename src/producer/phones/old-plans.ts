/**
 * Countries that extended their numbers or changed prefixes, while old lists still have the old
 * ones. libphonenumber knows the new plans only. A number of an old plan is reported as such and
 * not converted: in most of them the new digits depend on the operator or the line type.
 *
 * Sources: the ITU's "National numbering plans" notices of each country.
 */
interface OldPlan {
  /** Old national numbers, without a trunk prefix. */
  readonly pattern: RegExp;
  /** What has changed, as the end of a sentence. */
  readonly change: string;
}

const OLD_PLANS: Readonly<Record<string, OldPlan | undefined>> = {
  "229": {
    pattern: /^[2-9]\d{7}$/,
    change: "numbers of Benin have ten digits since November 2024, the old ones with 01 in front",
  },
  "225": {
    pattern: /^[02-9]\d{7}$/,
    change:
      "numbers of Ivory Coast have ten digits since January 2021, the old ones with two digits of their operator in front",
  },
  "237": {
    pattern: /^[23-9]\d{7}$/,
    change:
      "numbers of Cameroon have nine digits since November 2014, mobiles with 6 and landlines with 2 in front",
  },
  "230": {
    pattern: /^[79]\d{6}$/,
    change: "mobiles of Mauritius have eight digits since September 2013, with 5 in front",
  },
  "84": {
    pattern: /^1[2689]\d{8}$/,
    change:
      "mobiles of Vietnam with eleven digits (01…) have ten since September 2018, with another prefix",
  },
  "56": {
    pattern: /^(?:09)?[4-9]\d{7}$/,
    change: "mobiles of Chile have nine digits since 2016, with 9 and no zero in front",
  },
  "57": {
    pattern: /^[1-8]\d{7}$/,
    change: "landlines of Colombia have ten digits since September 2021, with 60 in front",
  },
};

/**
 * What has changed since a national number (with or without its zero) was valid; null if it never
 * was.
 */
export function oldPlanOf(callingCode: string, national: string): string | null {
  const plan = OLD_PLANS[callingCode];
  if (plan === undefined) return null;
  const withoutZero = national.replace(/^0/, "");
  return plan.pattern.test(national) || plan.pattern.test(withoutZero) ? plan.change : null;
}
