import type { IssuerUser } from "./directory.ts";

const style = `
  body { font: 16px/1.5 system-ui, sans-serif; margin: 10vh auto; max-width: 26rem; padding: 0 1rem;
    color: #1b1a19; background: #fff; }
  h1 { font-size: 1.4rem; }
  fieldset { border: 1px solid #8a8886; border-radius: 4px; margin: 1rem 0; }
  label { display: block; padding: .25rem 0; }
  input[type=text] { font: inherit; padding: .4rem; width: 100%; box-sizing: border-box; }
  button { font: inherit; padding: .4rem 1.2rem; margin-right: .5rem; cursor: pointer; }
  .note { color: #605e5c; font-size: .9rem; }
  @media (prefers-color-scheme: dark) {
    body { color: #f3f2f1; background: #1b1a19; } .note { color: #b3b0ad; }
  }`;

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that is safe in HTML content and in quoted attributes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => entities[character] ?? character);

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${style}</style></head>
<body><main><h1>${escapeHtml(title)}</h1>${content}</main></body></html>`;
}

const hiddenField = ([name, value]: readonly [string, string]): string =>
  `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`;

function userChoice(user: IssuerUser, isFirst: boolean): string {
  const checked = isFirst ? " checked" : "";
  return `<label><input type="radio" name="user_id" value="${escapeHtml(user.userId)}"${checked}>
    ${escapeHtml(user.name)} <span class="note">${escapeHtml(user.userName)},
    ${escapeHtml(user.roles.join(", "))}</span></label>`;
}

/** The page on which a user of the sandbox is chosen. `fields` come back with the form. */
export function signInPage(
  users: readonly IssuerUser[],
  fields: Readonly<Record<string, string>>,
  action: string,
  loginHint?: string,
): string {
  const hinted = users.findIndex((user) => user.userName === loginHint);
  const hidden = Object.entries(fields).map(hiddenField).join("");
  const choices = users.map((user, index) => userChoice(user, index === Math.max(0, hinted)));
  return page(
    "Sign in to the referrals sandbox",
    `<p>This is a sandbox: choose who you are, no password is asked.</p>
    <form method="post" action="${escapeHtml(action)}">${hidden}
    <fieldset><legend>Account</legend>${choices.join("")}</fieldset>
    <label><input type="checkbox" name="mfa" value="1" checked>
      with multifactor authentication</label>
    <p><button name="decision" value="accept">Sign in</button>
    <button name="decision" value="decline">Cancel</button></p></form>`,
  );
}

/** The page on which the code that a device shows is entered. */
export function userCodePage(typed: string, problem?: string): string {
  const warning = problem === undefined ? "" : `<p role="alert">${escapeHtml(problem)}</p>`;
  return page(
    "Enter the code",
    `${warning}<form method="post" action="devicelogin">
    <label for="code">The code that your app or device shows</label>
    <input type="text" id="code" name="user_code" value="${escapeHtml(typed)}" autocomplete="off"
      autocapitalize="characters" spellcheck="false" required autofocus>
    <p><button>Next</button></p></form>`,
  );
}

/** A page that only says something. */
export const messagePage = (title: string, sentence: string): string =>
  page(title, `<p>${escapeHtml(sentence)}</p>`);
