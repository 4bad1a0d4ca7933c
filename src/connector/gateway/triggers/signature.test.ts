import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { tokenKeyFromText } from "../../../client/index.ts";
import { signatureHeaders, signingSecret } from "./signature.ts";

const key = tokenKeyFromText(Buffer.alloc(32, 1).toString("base64"));

test("the example of the Standard Webhooks specification gives its signature", () => {
  const headers = signatureHeaders(
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "msg_p5jXN8AQM9LWM0D4loKWxJek",
    1_614_265_330_000,
    '{"test": 2432232314}',
  );
  expect(headers).toEqual({
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});

test("each subscription has a secret of its own that only the key can tell", () => {
  const secret = signingSecret(key, "a");
  expect(secret).toMatch(/^whsec_[A-Za-z\d+/]{43}=$/);
  expect(signingSecret(key, "a")).toBe(secret);
  expect(signingSecret(key, "b")).not.toBe(secret);
  const guessed = createHmac("sha256", key.bytes).update("a").digest("base64");
  expect(secret).not.toContain(guessed);
});
