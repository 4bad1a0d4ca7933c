import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HttpFailure } from "../../runtime/index.ts";
import { isPrivateAddress } from "./addresses.ts";
import { guardedHttp, PrivateAddressRefused } from "./guarded-http.ts";

let server: Server;
let port: number;
let calls = 0;
beforeAll(async () => {
  server = createServer((request, response) => {
    calls += 1;
    if (request.url === "/silent") return;
    response.writeHead(request.url === "/moved" ? 307 : 200, { location: "/target" }).end("fine");
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const send = (host: string, allowPrivateAddresses: boolean, path = "/", timeoutMs = 5_000) =>
  guardedHttp({ allowPrivateAddresses })({
    method: "POST",
    url: `http://${host}:${port}${path}`,
    headers: {},
    body: "{}",
    timeoutMs,
  });

describe("private addresses", () => {
  it.each([
    "127.0.0.1",
    "10.0.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "::1",
    "::ffff:127.0.0.1",
    "fe80::1",
    "fd00::1",
    "not an address",
  ])("counts %s as private", (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });

  it.each(["8.8.8.8", "172.32.0.1", "2600::1"])("counts %s as public", (address) => {
    expect(isPrivateAddress(address)).toBe(false);
  });
});

describe("guarded http", () => {
  it.each(["127.0.0.1", "localhost", "[::1]"])("never connects to %s", async (host) => {
    const before = calls;
    await expect(send(host, false)).rejects.toThrow(PrivateAddressRefused);
    expect(calls).toBe(before);
  });

  it("connects where private addresses are allowed", async () => {
    expect(await send("127.0.0.1", true)).toMatchObject({ status: 200, body: "fine" });
  });

  it("hands a redirect back instead of following it", async () => {
    const before = calls;
    expect(await send("localhost", true, "/moved")).toMatchObject({ status: 307 });
    expect(calls).toBe(before + 1);
  });

  it("gives up on a receiver that doesn't answer", async () => {
    const failure = await send("127.0.0.1", true, "/silent", 50).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(HttpFailure);
    expect((failure as HttpFailure).kind).toBe("timeout");
  });
});
