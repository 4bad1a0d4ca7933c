import { expect, test } from "vitest";
import { refuseOpenAddress } from "./access-options.ts";

const users = [{ name: "kim", role: "operator" as const, passwordHash: "scrypt$…" }];
const openId = {
  issuer: "https://login.contoso.example",
  clientId: "one",
  label: "Contoso",
  operators: [],
  viewers: ["*"],
  publicUrl: "https://sync.contoso.example",
};

test.each(["127.0.0.1", "127.8.0.2", "localhost", "::1", "[::1]"])(
  "at %s nobody needs to sign in",
  (host) => {
    expect(refuseOpenAddress(host, {})).toBeUndefined();
  },
);

test.each(["0.0.0.0", "::", "192.168.1.4", "sync.contoso.example", "127.0.0.1.contoso.example"])(
  "at %s the page is refused until somebody must sign in",
  (host) => {
    expect(refuseOpenAddress(host, {})).toContain(host);
    expect(refuseOpenAddress(host, { serviceToken: "of the command line" })).toContain(host);
    expect(refuseOpenAddress(host, { users })).toBeUndefined();
    expect(refuseOpenAddress(host, { openId })).toBeUndefined();
  },
);
