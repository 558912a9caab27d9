import { expect, it } from "vitest";
import { checkText, sampleTexts } from "./check-text.ts";

/**
 * Lists as programs export them, with their own headers: which column is taken for the phones, or
 * why none is. All names and numbers are made up.
 */
const EXPORTS: readonly {
  readonly of: string;
  readonly name: string;
  readonly lines: readonly string[];
  readonly phone?: string;
  readonly refused?: string;
  readonly rejected?: number;
}[] = [
  {
    of: "HubSpot",
    name: "First Name",
    lines: [
      "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Primary Associated Company ID,Create Date,Email",
      "33612345670,Ann,Ba,a@example.com,+48 600 105 000,Eve Owner,33612345671,2026-01-31 10:00,",
      "33612345672,Bob,Ca,b@example.com,+48 600 105 001,Eve Owner,33612345673,2026-01-31 10:00,",
    ],
    phone: "Phone Number",
  },
  {
    of: "HubSpot with three kinds",
    name: "First Name",
    lines: [
      "Record ID,First Name,Phone Number,Mobile Phone Number,WhatsApp Phone Number,Fax Number",
      "1,Ann,+48 22 601 12 30,,+48600105000,+48226011231",
      "2,Bob,,+48600105001,,",
    ],
    refused: '"Phone Number" and "Mobile Phone Number" and "WhatsApp Phone Number"',
  },
  {
    of: "Salesforce",
    name: "FirstName",
    lines: [
      "Id,FirstName,LastName,Phone,MobilePhone,HomePhone,OtherPhone,AssistantPhone,Fax",
      "0035g00000ABCDE,Ann,Ba,,+48 600 105 000,,,,+48 22 601 12 30",
      "0035g00000ABCDF,Bob,Ca,,+48 600 105 001,,,,",
    ],
    phone: "MobilePhone",
  },
  {
    of: "Salesforce with an assistant",
    name: "First Name",
    lines: [
      "First Name,Account Name,Phone,Asst. Phone,Assistant Phone",
      "Ann,Acme,+48600105000,,+48600105009",
    ],
    refused: '"Phone" and "Assistant Phone"',
  },
  {
    of: "Google Contacts",
    name: "First Name",
    lines: [
      "First Name,Middle Name,Last Name,Phonetic First Name,Phonetic Last Name,Name Prefix,Organization Name,Birthday,Notes,Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value",
      "Ann,,Ba,,,,,,,* myContacts,* ,a@example.com,Mobile,+48 600 105 000",
      "Bob,,Ca,,,,,,,* myContacts,,,Mobile,+48 600 105 001",
      "Cid,,Da,,,,,,,* myContacts,,,Mobile,+48 600 105 002 ::: +48 22 601 12 30",
    ],
    phone: "Phone 1 - Value",
    rejected: 1,
  },
  {
    of: "Google Contacts with two phones",
    name: "Name",
    lines: [
      "Name,Phone 1 - Type,Phone 1 - Value,Phone 2 - Type,Phone 2 - Value",
      "Ann,Mobile,+48 600 105 000,Work,+48 22 601 12 30",
      "Bob,Mobile,+48 600 105 001,,",
    ],
    refused: '"Phone 1 - Value" and "Phone 2 - Value"',
  },
  {
    of: "Outlook",
    name: "First Name",
    lines: [
      "First Name,Middle Name,Last Name,Company,Business Fax,Business Phone,Callback,Car Phone,Company Main Phone,Home Fax,Home Phone,Mobile Phone,Pager,Assistant's Phone,TTY/TDD Phone,Notes,Notes",
      "Ann,,Ba,,,,,,,,,+48 600 105 000",
      "Bob,,Ca,,+48226011230,,,,,,,+48 600 105 001,,,,hello,",
      "Cid,,Da",
    ],
    phone: "Mobile Phone",
    rejected: 1,
  },
  {
    of: "Shopify",
    name: "First Name",
    lines: [
      "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Zip,Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Tax Exempt",
      "'7012345678901,Ann,Ba,a@example.com,yes,'00-950,,'+48600105000,no,120.00,2,no",
      "'7012345678902,Bob,Ca,b@example.com,no,'00-950,,'+48600105001,yes,0.00,0,no",
    ],
    phone: "Phone",
  },
  {
    of: "Shopify with both phones",
    name: "First Name",
    lines: [
      "Customer ID,First Name,Default Address Phone,Phone",
      "'7012345678901,Ann,+48 22 601 12 30,'+48600105000",
    ],
    refused: '"Default Address Phone" and "Phone"',
  },
  {
    of: "WooCommerce",
    name: "Billing First Name",
    lines: [
      "Order Number,Order Date,Customer User ID,Billing First Name,Billing Company,Billing Phone,Shipping Phone,Order Total,Transaction ID",
      "33612345670,2026-01-31 10:00:00,12,Ann,,600105000,,10.00,48600105777",
      "33612345671,2026-01-31 10:00:00,13,Bob,,600105001,,12.00,48600105778",
    ],
    phone: "Billing Phone",
  },
  {
    of: "WooCommerce for delivery",
    name: "billing_first_name",
    lines: [
      "order_number,billing_first_name,billing_phone,shipping_phone",
      "1001,Ann,600105000,600105009",
    ],
    refused: '"billing_phone" and "shipping_phone"',
  },
  {
    of: "Mailchimp",
    name: "First Name",
    lines: [
      "Email Address,First Name,Last Name,Address,Phone Number,Birthday,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,LATITUDE,LONGITUDE,GMTOFF,LEID,EUID,NOTES,TAGS",
      'a@example.com,Ann,Ba,"Street 1  Warszawa",600105000,01/31,2,2026-01-31 10:00:00,,2026-01-31 10:00:00,52.2,21.0,1,486001057,abc,,"""vip"""',
    ],
    phone: "Phone Number",
  },
  {
    of: "Excel in Polish",
    name: "Imię",
    lines: [
      "Lp.;Imię;Nazwisko;Nr klienta;NIP;PESEL;Telefon;Kwota;;",
      "1;Ann;Ba;33612345670;526-104-08-28;44051401458;600 105 000;12,50;;",
      "2;Bob;Ca;33612345671;;;600 105 001",
    ],
    phone: "Telefon",
  },
  {
    of: "a shop that names no phone",
    name: "Imię",
    lines: ["Numer zamówienia;Imię", "33612345670;Ann", "33612345671;Bob"],
    refused: '"Numer zamówienia"',
  },
];

it.each(EXPORTS)("an export of $of", async ({ name, lines, phone, refused, rejected = 0 }) => {
  const checked = await checkText(`${lines.join("\n")}\n`, {
    texts: [`{{${name}}}`],
    recipients: { country: "PL", maxRejected: 0.5 },
  });

  if (refused !== undefined) {
    expect(checked).toMatchObject({ ok: false, refusal: { code: "phone_column_unclear" } });
    if (!checked.ok) expect(checked.refusal.message).toContain(refused);
    return;
  }
  expect(checked.ok ? null : checked.refusal).toBeNull();
  expect(checked.report).toMatchObject({ phoneColumn: phone, rejected });
  expect(checked.report.ok).toBe(lines.length - 1 - rejected);
  expect(sampleTexts(checked)[0]).toEqual(["Ann"]);
  expect(checked.report.samples[0]?.body.to).toBe("48600105000");
});
