import { createPrivateKey, generateKeyPair, type KeyObject, sign } from "node:crypto";
import { promisify } from "node:util";
import type { Random } from "../../runtime/index.ts";
import {
  bitString,
  derTrue,
  explicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  utcTime,
  utf8String,
} from "./der.ts";

/**
 * What signs the webhooks: a private key, its certificate and the authority that issued it, all as
 * PEM text.
 */
export interface SigningIdentity {
  readonly privateKeyPem: string;
  readonly certificatePem: string;
  readonly authorityPem: string;
}

const generate = promisify(generateKeyPair);
const dayMs = 86_400_000;
const validForDays = 3650;
const ecdsaWithSha256 = "1.2.840.10045.4.3.2";
const keyUsageSignature = 0x80;
const keyUsageCertificateSign = 0x04;

function distinguishedName(organization: string, commonName: string): Buffer {
  const attribute = (identifier: string, value: string): Buffer =>
    set(sequence(objectIdentifier(identifier), utf8String(value)));
  return sequence(attribute("2.5.4.10", organization), attribute("2.5.4.3", commonName));
}

function extensions(isAuthority: boolean): Buffer {
  const basicConstraints = isAuthority ? sequence(derTrue) : sequence();
  const usage = isAuthority ? keyUsageCertificateSign : keyUsageSignature;
  const unusedBits = isAuthority ? 2 : 7;
  const critical = (identifier: string, value: Buffer): Buffer =>
    sequence(objectIdentifier(identifier), derTrue, octetString(value));
  return explicit(
    3,
    sequence(
      critical("2.5.29.19", basicConstraints),
      critical("2.5.29.15", bitString(Buffer.from([usage]), unusedBits)),
    ),
  );
}

interface CertificateFacts {
  readonly subject: Buffer;
  readonly issuer: Buffer;
  readonly publicKey: KeyObject;
  readonly authorityKey: KeyObject;
  readonly isAuthority: boolean;
  readonly serial: Uint8Array;
  readonly now: number;
}

function certificate(facts: CertificateFacts): string {
  const algorithm = sequence(objectIdentifier(ecdsaWithSha256));
  const toBeSigned = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(facts.serial),
    algorithm,
    facts.issuer,
    sequence(utcTime(facts.now - dayMs), utcTime(facts.now + validForDays * dayMs)),
    facts.subject,
    facts.publicKey.export({ type: "spki", format: "der" }),
    extensions(facts.isAuthority),
  );
  const signature = sign("sha256", toBeSigned, facts.authorityKey);
  const base64 = sequence(toBeSigned, algorithm, bitString(signature)).toString("base64");
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/**
 * Makes an authority (ECDSA P-256) and, issued by it, an RSA certificate for signing webhooks (RFC
 * 5280). The authority's private key is forgotten, so nothing else can ever be issued in its name.
 */
export async function createSigningIdentity(
  organization: string,
  now: number,
  random: Random,
): Promise<SigningIdentity> {
  const authority = await generate("ec", { namedCurve: "P-256" });
  const signer = await generate("rsa", { modulusLength: 2048 });
  const authorityName = distinguishedName(organization, `${organization} webhook authority`);
  const shared = { issuer: authorityName, authorityKey: authority.privateKey, now };
  return {
    privateKeyPem: signer.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    authorityPem: certificate({
      ...shared,
      subject: authorityName,
      publicKey: authority.publicKey,
      isAuthority: true,
      serial: random.bytes(16),
    }),
    certificatePem: certificate({
      ...shared,
      subject: distinguishedName(organization, `${organization} webhooks`),
      publicKey: signer.publicKey,
      isAuthority: false,
      serial: random.bytes(16),
    }),
  };
}

/** The webhook signature: RSA PKCS#1 v1.5 with SHA-256 over the raw body, as base64. */
export function signBody(body: string, privateKeyPem: string): string {
  return sign("sha256", Buffer.from(body, "utf8"), createPrivateKey(privateKeyPem)).toString(
    "base64",
  );
}
