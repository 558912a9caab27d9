/** The texts of `init` that are files nowhere else. */

export const CONFIG_SAMPLE = `# For more than .env can say. To use it, set DROPCAST_CONFIG=dropcast.yaml in .env.
# \`dropcast config print\` shows what applies, and \`dropcast doctor\` what is wrong.

# Numbers besides the one of .env, which is called main. A campaign names its number: number: second
numbers:
  second:
    id: ID-OF-THE-NUMBER # LiveChat's id of it
    tokenFile: second.token # a file with the Base64 Encoded Token, beside this one
    webhookSecretFile: second.secret
    ratePerSecond: 20 # messages a second, over all workers
    country: PL # of phone numbers without a country code

# WhatsApp limits how many people the numbers of a portfolio write to within 24 hours. The limit is
# in WhatsApp Manager; Dropcast uses 80 % of it unless \`share\` says otherwise.
# portfolios:
#   default: { dailyRecipients: 10000 }

# How long a finished campaign itself is kept, at least 40d.
# campaigns: { keep: 400d }

# Who is told of events: paused campaigns, suspended numbers, finished campaigns.
# webhooksOut:
#   - { url: "https://crm.example.com/dropcast", secretFile: crm.secret }
`;

export const EMAIL = `To: contact@livechat-integrations.com
Subject: WhatsApp for LiveChat: number id and status webhooks for template messages

Hello,

we want to send template messages by your API (POST /whatsapp-numbers/{id}/template-messages).
Our LiveChat account: ACCOUNT OR LICENSE ID
Our WhatsApp number(s): +00 000 000 000

Please

1. tell us the id of each of these numbers, for the address above;
2. register a webhook for message.status events of these numbers:
   https://YOUR.ADDRESS/webhooks/livechat
   (with several numbers: https://YOUR.ADDRESS/webhooks/livechat/NAME, one for each);
3. send us the secret that signs these webhooks (whsec_...), by a way that others cannot read.

And so that no message is sent twice:

4. Which rate may we send at, and how do you answer when it is too high?
5. Which status and body does a successful POST have? Is WhatsApp's message id (wamid...) in it?
6. Which status and body does an error have? Is WhatsApp called before you answer?
7. Can a request carry an idempotency key? If a POST times out, how can we find out whether it was
   accepted?
8. How long, and how often, do you repeat a webhook that we could not take? From which addresses?
9. What does GET on the same path list? Can a message with "schedule" be cancelled?

Thank you
`;
