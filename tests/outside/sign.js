// Signs and checks like Twilio, with Twilio's own library for Node: one JSON line in, one out.
const { getExpectedTwilioSignature, validateRequest } = require("twilio/lib/webhooks/webhooks");
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { token, url, form, signature } = JSON.parse(line);
  const made = getExpectedTwilioSignature(token, url, form);
  const valid = signature === undefined ? null : validateRequest(token, signature, url, form);
  process.stdout.write(JSON.stringify({ signature: made, valid }) + "\n");
});
