/** The campaign both senders send: that of examples/spring-sale.yaml. */
export const TEMPLATE = {
  name: "spring_sale",
  language: { code: "en_US" },
  components: [
    {
      type: "body",
      parameters: [
        { type: "text", text: "{{first_name|there}}" },
        { type: "text", text: "{{discount}}" },
        { type: "text", text: "{{city}}" },
      ],
    },
  ],
};

/** As a campaign file of Dropcast (JSON is YAML). */
export function campaignFile(name) {
  return JSON.stringify({
    name,
    template: TEMPLATE,
    category: "marketing",
    recipients: { to: "phone" },
  });
}

export const NUMBER_ID = "bench";
export const TOKEN = Buffer.from("account:pat").toString("base64");
