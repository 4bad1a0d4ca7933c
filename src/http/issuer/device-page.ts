import type { Form } from "./client-authentication.ts";
import { decideDeviceSignIn, findByUserCode, normalUserCode } from "./device-codes.ts";
import { messagePage, signInPage, userCodePage } from "./pages.ts";
import type { IssuerSettings } from "./settings.ts";

const unknownCode = "This code isn't known, or it has expired. Check it, or start again.";

/** Answers the form of the device page: the code first, then who signs in. */
export async function answerDevicePage(settings: IssuerSettings, form: Form): Promise<string> {
  const userCode = normalUserCode(form.user_code ?? "");
  const found = await findByUserCode(settings, userCode);
  if (!found) return userCodePage(form.user_code ?? "", unknownCode);
  if (form.decision === undefined) {
    const users = await settings.directory.users(found.signIn.tenantId);
    return signInPage(users, { user_code: userCode }, "devicelogin");
  }
  if (form.decision === "decline") {
    await decideDeviceSignIn(settings, userCode, "declined");
    return messagePage("Declined", "The app was told. You can close this page.");
  }
  const user = await settings.directory.user(found.signIn.tenantId, form.user_id ?? "");
  if (!user) return userCodePage(userCode, "This account isn't in the tenant.");
  const outcome = { userId: user.userId, hasMfa: form.mfa === "1" };
  return (await decideDeviceSignIn(settings, userCode, outcome))
    ? messagePage("Signed in", "You can close this page and go back to the app.")
    : userCodePage("", unknownCode);
}
